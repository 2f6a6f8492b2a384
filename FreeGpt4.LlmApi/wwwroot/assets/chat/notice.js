import { byId, element, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';

/** One line above the question, for what the reader has to know. */
export class Notice {
  #place = byId('notice');
  #kind = null;

  /** @param {{kind?: string, label?: string, act?: () => void, isProblem?: boolean}} [option] What can be done about it. */
  tell(words, { kind = 'word', label, act, isProblem = true } = {}) {
    this.#kind = kind;
    this.#place.classList.toggle('quiet', !isProblem);
    const button = label ? element('button', { type: 'button', onclick: () => {
      this.clear(kind);
      act();
    } }, label) : null;
    this.#place.replaceChildren(...[element('span', {}, words), button, iconButton('close', text('close'), () => this.clear(kind))].filter(Boolean));
    this.#place.hidden = false;
  }

  /** @param {string} kind Of the notice that is over; another stays. */
  clear(kind) {
    if (this.#kind === kind) {
      this.#kind = null;
      this.#place.hidden = true;
      this.#place.replaceChildren();
    }
  }
}
