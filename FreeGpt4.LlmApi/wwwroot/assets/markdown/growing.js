import { blocksOf, hasDefinitions, render } from './markdown.js';

// A part that takes long to read is read less often, so that the page has most of the time for itself.
const SHARE = 4;
const LONGEST_PAUSE = 1000;

/**
 * Markdown that grows. With each frame only the last block is read again: those before it cannot change any more, and their elements stay.
 */
export class GrowingMarkdown {
  #place;
  #source = '';
  #settled = 0;
  #last = [];
  #frame = 0;
  #notBefore = 0;
  #onGrown;

  /**
   * @param {HTMLElement} place
   * @param {() => void} onGrown After each change.
   */
  constructor(place, onGrown) {
    this.#place = place;
    this.#onGrown = onGrown;
  }

  get source() {
    return this.#source;
  }

  append(text) {
    this.#source += text;
    this.#frame ||= requestAnimationFrame((now) => this.#next(now));
  }

  /** No more will come. */
  finish() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (hasDefinitions(this.#source)) {
      // A link may have been defined only after it was used.
      this.#settled = 0;
      this.#place.replaceChildren();
      this.#last = [];
    }

    this.#replaceLast(blocksOf(this.#source.slice(this.#settled)), true);
    this.#onGrown();
  }

  #next(now) {
    this.#frame = 0;
    if (now < this.#notBefore) {
      this.#frame = requestAnimationFrame((later) => this.#next(later));
      return;
    }

    const began = performance.now();
    this.#grow();
    this.#onGrown();
    this.#notBefore = now + Math.min(LONGEST_PAUSE, (performance.now() - began) * SHARE);
  }

  #grow() {
    const blocks = blocksOf(this.#source.slice(this.#settled));
    const last = blocks.findLastIndex((block) => block.type !== 'space');
    const settled = blocks.slice(0, Math.max(0, last));
    if (settled.length > 0) {
      this.#replaceLast(settled, true);
      this.#last = [];
      this.#settled += settled.reduce((length, block) => length + block.raw.length, 0);
    }

    const rest = blocks.slice(Math.max(0, last));
    if (!this.#growCode(rest)) {
      this.#replaceLast(rest, false);
    }
  }

  /** Code that grows stays the same element: only its text changes. */
  #growCode(blocks) {
    const code = blocks.length > 0 && blocks[0].type === 'code' ? this.#last.find((node) => node.matches?.('figure.code'))?.querySelector('pre > code') : null;
    const shown = code?.firstChild;
    const text = blocks[0]?.text ?? '';
    if (!shown || shown.nodeType !== Node.TEXT_NODE || code.childNodes.length > 1 || !`${text}\n`.startsWith(shown.data.trimEnd())) {
      return false;
    }

    const kept = shown.data.trimEnd().length;
    shown.replaceData(kept, shown.data.length - kept, `${text}\n`.slice(kept));
    return true;
  }

  #replaceLast(blocks, isFinal) {
    const fragment = render(blocks, { isFinal });
    const nodes = [...fragment.childNodes];
    this.#last.forEach((node) => node.remove());
    this.#place.append(fragment);
    this.#last = nodes;
  }
}
