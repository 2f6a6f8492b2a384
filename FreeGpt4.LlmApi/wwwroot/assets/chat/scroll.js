import { byId } from '../shared/dom.js';

// So near to the end a reader is at the end.
const NEAR = 48;

/** Keeps the end of the conversation in sight, for a reader who is there; nobody is dragged away from what they read. */
export class Scroll {
  #scroller = byId('scroller');
  #button = byId('to-end');
  #isAtEnd = true;
  #top = 0;

  constructor() {
    this.#scroller.addEventListener('scroll', () => this.#look(), { passive: true });
    this.#button.addEventListener('click', () => this.toEnd());
    new ResizeObserver(() => this.follow()).observe(this.#scroller);
  }

  /** After the content has grown. */
  follow() {
    if (this.#isAtEnd) {
      this.toEnd();
    } else {
      this.#button.hidden = false;
    }
  }

  toEnd() {
    this.#isAtEnd = true;
    this.#button.hidden = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #look() {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR) {
      this.#isAtEnd = true;
    } else if (scrollTop < this.#top) {
      // Up is the reader's will. Further from the end without that: what is below has grown.
      this.#isAtEnd = false;
    }

    this.#top = scrollTop;
    this.#button.hidden = this.#isAtEnd;
  }
}
