import { element, icon } from '../shared/dom.js';

const GAP = 4;

/**
 * Opens a menu at a button: arrows move, Escape and a click beside it close.
 * @param {HTMLElement} button
 * @param {{picture: string, label: string, act?: () => void, href?: string}[]} entries With `href` a file to keep.
 */
export function openMenu(button, entries) {
  const close = () => {
    document.removeEventListener('pointerdown', beside, true);
    button.setAttribute('aria-expanded', 'false');
    menu.remove();
  };
  const choose = (entry) => () => {
    close();
    button.focus();
    entry.act?.();
  };
  const items = entries.map((entry) => element(
    entry.href ? 'a' : 'button',
    { role: 'menuitem', tabIndex: -1, onclick: choose(entry), ...(entry.href ? { href: entry.href, download: '' } : { type: 'button' }) },
    icon(entry.picture),
    entry.label,
  ));
  const menu = element('div', { className: 'menu', role: 'menu', 'aria-label': button.getAttribute('aria-label') }, ...items);
  const beside = (event) => {
    if (!menu.contains(event.target)) {
      close();
    }
  };
  menu.addEventListener('keydown', (event) => {
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items.at(to % items.length).focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      event.stopPropagation();
      close();
      button.focus();
    }
  });

  // Where the button is, for those who go from region to region.
  (button.closest('nav') ?? document.body).append(menu);
  const place = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  menu.style.left = `${Math.max(GAP, Math.min(place.right - offsetWidth, innerWidth - offsetWidth - GAP))}px`;
  menu.style.top = `${place.bottom + offsetHeight + GAP > innerHeight ? Math.max(GAP, place.top - offsetHeight - GAP) : place.bottom + GAP}px`;
  button.setAttribute('aria-expanded', 'true');
  document.addEventListener('pointerdown', beside, true);
  items[0].focus();
}
