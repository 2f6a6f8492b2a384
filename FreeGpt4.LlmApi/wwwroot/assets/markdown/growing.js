import { asItCame, blocksOf, hasDefinitions, render } from './markdown.js';

// A part that takes long to read is read less often, so that the page has most of the time for itself.
const SHARE = 4;
const LONGEST_PAUSE = 1000;

// Characters that a frame takes, however many have come: as many as this browser reads in about so many milliseconds.
const STEPS = [250, 8000];
const MEANT = 12;

// Characters of a block after which it is not read anew as a whole.
const LONG = 3000;

/**
 * Markdown that grows. With each frame only the last block is read again: those before it cannot change any more, and their elements stay.
 */
export class GrowingMarkdown {
  #place;
  #source = '';
  #taken = 0;
  #step = 1000;
  #settled = 0;
  #last = [];

  // A list or table that is long is settled but for its end, which goes into the same element; the rows of a table need its head to be read.
  #host = null;
  #head = '';
  #frame = 0;
  #notBefore = 0;
  #onGrown;
  #isPlain = false;

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

  /** No more will come. Ends when all is shown. */
  async finish() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;

    // Where nobody sees it there are no frames.
    while (this.#source.length - this.#taken > this.#step && !document.hidden && !this.#isPlain) {
      this.#grow();
      this.#onGrown();
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }

    this.#taken = this.#source.length;
    if (hasDefinitions(this.#source)) {
      // A link may have been defined only after it was used.
      this.#settled = 0;
      this.#head = '';
      this.#host = null;
      this.#place.replaceChildren();
      this.#last = [];
    }

    this.#attempt(() => this.#replaceLast(this.#rest(), true));
    this.#onGrown();
  }

  /** What is nested deeper than the library can follow is shown as it came. */
  #attempt(read) {
    if (!this.#isPlain) {
      try {
        read();
        return;
      } catch (failure) {
        this.#isPlain = true;
        this.#place.replaceChildren(asItCame(this.#source, failure));
      }
    }

    this.#place.firstElementChild.textContent = this.#source;
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
    if (this.#taken < this.#source.length) {
      this.#frame ||= requestAnimationFrame((later) => this.#next(later));
    }
  }

  #grow() {
    const began = performance.now();
    const from = this.#taken;
    this.#taken = Math.min(this.#source.length, from + this.#step);
    this.#attempt(() => this.#read());
    const took = performance.now() - began;
    if (took > MEANT || this.#taken - from === this.#step) {
      this.#step = Math.min(STEPS[1], Math.max(STEPS[0], Math.round(this.#step * Math.min(2, MEANT / took))));
    }
  }

  #read() {
    let blocks = this.#rest();
    const last = blocks.findLastIndex((block) => block.type !== 'space');
    if (last > 0) {
      this.#settle(blocks.slice(0, last));
      this.#host = null;
      this.#head = '';
      blocks = blocks.slice(last);
    }

    const cut = blocks.length > 0 && blocks[0].raw.length > LONG ? cutOf(blocks[0]) : 0;
    if (cut > 0) {
      const [{ type, raw }] = blocks;
      this.#settle(blocksOf(raw.slice(0, cut)));
      this.#host ??= hostIn(this.#place.lastElementChild);
      this.#head = type === 'table' ? raw.slice(0, startOfLine(raw, 2)) : '';
      blocks = this.#rest();
    }

    if (!this.#growCode(blocks)) {
      this.#replaceLast(blocks, false);
    }
  }

  #rest() {
    return blocksOf(this.#head + this.#source.slice(this.#settled, this.#taken));
  }

  /** They are complete. */
  #settle(blocks) {
    this.#replaceLast(blocks, true);
    this.#last = [];
    this.#settled += blocks.reduce((length, block) => length + block.raw.length, 0) - this.#head.length;
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
    const first = fragment.firstElementChild;
    const inner = this.#host && hostIn(first);
    const nodes = [];
    this.#last.forEach((node) => node.remove());
    if (inner && inner.nodeName === this.#host.nodeName) {
      nodes.push(...inner.childNodes);
      this.#host.append(...nodes);
      first.remove();
    }

    nodes.push(...fragment.childNodes);
    this.#place.append(fragment);
    this.#last = nodes;
  }
}

/** Where a long list or table can be cut: before its last item or row. 0 when it cannot. */
function cutOf({ type, raw, items }) {
  if (type === 'list' && items.length > 2) {
    const length = items.slice(0, -1).reduce((sum, item) => sum + item.raw.length, 0);
    return items.map((item) => item.raw).join('').startsWith(raw.trimEnd()) ? length : 0;
  }

  return type === 'table' ? raw.trimEnd().lastIndexOf('\n') + 1 : 0;
}

/** What holds the items of a list, or the rows of a table. */
const hostIn = (element) => (element?.matches('ul, ol') ? element : element?.querySelector(':scope > table > tbody') ?? null);

function startOfLine(text, line) {
  let at = 0;
  for (let i = 0; i < line; i++) {
    at = text.indexOf('\n', at) + 1;
  }

  return at;
}
