import { copy } from '../shared/clipboard.js';
import { element, icon } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { sanitiseColours } from './sanitise.js';

// Longer code stays plain: colouring it would hold the page up.
const LONGEST = 15_000;

let core = null;

/** Gives code its head, with the language and a button to copy it, and colours it when it is complete. */
export function finishCode(fragment, isFinal) {
  for (const code of fragment.querySelectorAll('pre > code')) {
    const language = /language-(\S+)/.exec(code.className)?.[1]?.toLowerCase() ?? '';
    const pre = code.parentElement;
    const block = element('figure', { className: 'code' }, element('figcaption', {}, element('span', {}, language || text('code.label')), copyButton(code)));
    pre.tabIndex = 0;
    pre.setAttribute('aria-label', language || text('code.label'));
    pre.setAttribute('role', 'group');
    pre.replaceWith(block);
    block.append(pre);
    if (isFinal && language && code.textContent.length <= LONGEST) {
      whenIdle(() => colour(code, language));
    }
  }
}

function copyButton(code) {
  const label = element('span', {}, text('code.copy'));
  const button = element('button', { type: 'button', className: 'copy-code' }, icon('copy'), label);
  button.addEventListener('click', async () => {
    await copy(code.textContent);
    label.textContent = text('code.copied');
    setTimeout(() => (label.textContent = text('code.copy')), 2000);
  });
  return button;
}

async function colour(code, language) {
  core ??= Promise.all([import('../libraries/highlight/core.js'), import('../libraries/highlight/languages.js')]);
  const [{ default: highlight }, { default: names }] = await core;
  const name = names.get(language);
  if (!name) {
    return;
  }

  if (!highlight.getLanguage(name)) {
    const { default: grammar } = await import(`../libraries/highlight/languages/${name}.js`);
    highlight.registerLanguage(name, grammar);
  }

  code.replaceChildren(sanitiseColours(highlight.highlight(code.textContent, { language: name, ignoreIllegals: true }).value));
}

function whenIdle(act) {
  if ('requestIdleCallback' in globalThis) {
    requestIdleCallback(act, { timeout: 500 });
  } else {
    setTimeout(act, 50);
  }
}
