import { Marked } from '../libraries/marked/marked.js';
import { element, icon } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { finishCode } from './code.js';
import { finishFormulas, formulas } from './formulas.js';
import { sanitise } from './sanitise.js';

// HTML that models write in Markdown for want of anything else. All other is shown as it was written.
const TAG = /^<\/?(?:b|br|del|details|em|i|ins|kbd|mark|s|small|strong|sub|summary|sup|u)\s*\/?>$/i;

const marked = new Marked({
  gfm: true,
  breaks: false,
  extensions: formulas,
  renderer: {
    html: ({ text: html }) => html.replace(/<[^<>]*>|[<>]/g, (piece) => (TAG.test(piece) ? piece : piece.replaceAll('<', '&lt;').replaceAll('>', '&gt;'))),
  },
});

const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i;

/** In place of what the library cannot follow, such as quotes in quotes three thousand deep. */
export function asItCame(markdown, failure) {
  console.info('Shown without its Markdown:', failure.message);
  return element('pre', { className: 'as-it-came' }, markdown);
}

/** Makes elements of a whole text. @returns {Node} */
export function renderAll(markdown) {
  try {
    return render(blocksOf(markdown));
  } catch (failure) {
    return asItCame(markdown, failure);
  }
}

/** Cuts Markdown into blocks. Each has its text in `raw`. */
export const blocksOf = (markdown) => marked.lexer(markdown);

/** Whether links may be defined elsewhere in the text, so that blocks cannot be read one by one. */
export const hasDefinitions = (markdown) => /^ {0,3}\[[^\]\n]+\]:/m.test(markdown);

/**
 * Makes elements of blocks, whoever wrote them.
 * @param {object[]} blocks As {@link blocksOf} cuts them.
 * @param {{isFinal?: boolean}} [options] Whether no more will come: then code is coloured.
 * @returns {DocumentFragment}
 */
export function render(blocks, { isFinal = true } = {}) {
  const fragment = sanitise(marked.parser(blocks));
  for (const link of fragment.querySelectorAll('a')) {
    finishLink(link);
  }

  for (const image of fragment.querySelectorAll('img')) {
    finishImage(image);
  }

  for (const table of fragment.querySelectorAll('table')) {
    // Scrolls by itself when it is too wide, by keyboard as well.
    const wide = element('div', { className: 'table', tabIndex: 0 });
    table.replaceWith(wide);
    wide.append(table);
  }

  for (const box of fragment.querySelectorAll('input')) {
    box.disabled = true;
    box.setAttribute('aria-label', box.parentElement.textContent.trim().slice(0, 80) || text('details'));
  }

  finishFormulas(fragment);
  finishCode(fragment, isFinal);
  return fragment;
}

function finishLink(link) {
  if (!link.hasAttribute('href')) {
    link.replaceWith(element('span', { className: 'removed-link', title: text('link.blocked') }, ...link.childNodes));
    return;
  }

  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
}

/** A picture from elsewhere would tell others who reads this, so that it becomes a link. */
function finishImage(image) {
  const source = image.getAttribute('src') ?? '';
  if (PICTURE.test(source)) {
    image.loading = 'lazy';
    image.decoding = 'async';
    return;
  }

  const name = text('image.remote', { text: image.alt || source || '?' });
  const link = /^https?:/i.test(source) && image.closest('a') === null
    ? element('a', { href: source, target: '_blank', rel: 'noopener noreferrer nofollow' }, name)
    : element('span', {}, name);
  link.classList.add('remote-image');
  link.prepend(icon('file'));
  image.replaceWith(link);
}
