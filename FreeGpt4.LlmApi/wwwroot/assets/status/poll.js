const PAUSE = 5_000;

/** Does something again and again, while somebody looks. */
export class Poll {
  #read;
  #on;
  #timer = 0;
  #running = null;
  #again = false;

  /**
   * @param {() => Promise<void>} read
   * @param {{changed: (state: 'live'|'paused'|'lost') => void, lost: () => void}} on
   */
  constructor(read, on) {
    this.#read = read;
    this.#on = on;
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        clearTimeout(this.#timer);
        on.changed('paused');
      } else {
        this.now();
      }
    });
  }

  /** Reads at once, and goes on from there. @returns {Promise<void>} */
  now() {
    clearTimeout(this.#timer);
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }

    this.#running = this.#once().finally(() => {
      this.#running = null;
      if (document.hidden) {
        return;
      }

      if (this.#again) {
        this.#again = false;
        this.now();
      } else {
        this.#timer = setTimeout(() => this.now(), PAUSE);
      }
    });
    return this.#running;
  }

  async #once() {
    try {
      await this.#read();
      this.#on.changed(document.hidden ? 'paused' : 'live');
    } catch (failure) {
      if (failure.status === undefined) {
        throw failure;
      }

      this.#on.changed('lost');
      this.#on.lost();
    }
  }
}
