import { element } from '../shared/dom.js';

/**
 * One of several things of a kind, and how it is.
 * @param {Element} title
 * @param {{look: string, words: string}} state With the look `good`, `warn`, `bad` or none.
 * @param {...(Element|null)} details
 */
export function card(title, { look, words }, ...details) {
  return element(
    'li',
    { className: 'card-item' },
    element('div', { className: 'card-head' }, title, element('span', { className: `badge ${look}` }, words)),
    ...details,
  );
}
