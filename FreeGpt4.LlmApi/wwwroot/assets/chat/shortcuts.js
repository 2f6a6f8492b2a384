const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
const CONTROL = isApple ? '⌘' : 'Ctrl';

/** What the keyboard does on this page, as it is shown. */
export const SHORTCUTS = [
  { keys: ['Enter'], name: 'shortcut.send' },
  { keys: ['Esc'], name: 'shortcut.close' },
  { keys: ['↑'], name: 'shortcut.edit' },
  { keys: ['/'], name: 'shortcut.focus' },
  { keys: [CONTROL, 'K'], name: 'shortcut.search' },
  { keys: [CONTROL, 'M'], name: 'shortcut.model' },
  { keys: [CONTROL, 'Shift', 'O'], name: 'shortcut.new' },
];

/** @param {{stop: () => void, focus: () => void, search: () => void, model: () => void, create: () => void}} act */
export function listen(act) {
  document.addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) {
      return;
    }

    const isControl = isApple ? event.metaKey : event.ctrlKey;
    const key = event.key.toLowerCase();
    const isWriting = /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const chosen = isControl && event.shiftKey && key === 'o' ? act.create
      : isControl && !event.shiftKey && key === 'k' ? act.search
        : isControl && !event.shiftKey && key === 'm' ? act.model
          : key === '/' && !isControl && !event.altKey && !isWriting ? act.focus
            : null;
    if (chosen) {
      event.preventDefault();
      chosen();
    } else if (event.key === 'Escape') {
      act.stop();
    }
  });
}
