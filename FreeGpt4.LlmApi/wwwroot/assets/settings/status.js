// Replicas read what is stored within a second, and some then ask a provider whether it is there. Milliseconds after the change.
const READS = [0, 250, 600, 1000, 1500, 2500, 4000, 6000];

/** What the cluster tells of those who answer; after a change of settings it is told a little later. */
export class Status extends EventTarget {
  #session;

  /** From the name of a provider to what was told before its settings changed. @type {Map<string, string>} */
  #awaited = new Map();

  #ends = new AbortController();

  providers = [];

  /** @param {import('../frame/session.js').Session} session */
  constructor(session) {
    super();
    this.#session = session;
  }

  /** @returns What is told of a provider; of one that is not set up that is no `kind`. */
  find(name) {
    return this.providers.find((one) => one.name.toLowerCase() === name.toLowerCase());
  }

  async read() {
    const { providers } = await this.#session.read('/status');
    const isOther = JSON.stringify(providers.map(seenOf)) !== JSON.stringify(this.providers.map(seenOf));
    this.providers = providers;
    if (isOther) {
      this.dispatchEvent(new Event('change'));
    }
  }

  /** Reads until it tells what follows from a change, or for some seconds. @param {object[]} views Settings that have changed. */
  async follow(views) {
    const isOrder = views.some(({ name }) => name === 'PROVIDER' || name === 'FALLBACK_PROVIDERS');
    const touched = this.providers.filter(({ name }) => isOrder || views.some(({ provider, kind }) => provider === name && kind !== 'time' && kind !== 'number'));
    if (touched.length === 0) {
      return;
    }

    for (const one of touched) {
      this.#awaited.set(one.name, seenOf(one));
    }

    this.#ends.abort();
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    const start = Date.now();
    for (const at of READS) {
      await new Promise((resolve) => setTimeout(resolve, start + at - Date.now()));
      if (signal.aborted) {
        return;
      }

      // Nobody has asked for it: without it what was told before stands there.
      await this.read().catch(() => {});
      if (this.#isTold(isOrder)) {
        break;
      }
    }

    this.#awaited.clear();
  }

  // Of a new order not everybody has another place; a server on this machine is there when it has been asked.
  #isTold(isOrder) {
    const told = this.providers.filter((one) => this.#awaited.has(one.name) && this.#awaited.get(one.name) !== seenOf(one));
    return isOrder ? told.length > 0 : told.length === this.#awaited.size && told.every((one) => one.usable || one.kind !== 'local');
  }
}

/** What of it is to be seen here. */
const seenOf = ({ name, kind, usable, position, keys, reason, coolDownUntil }) => JSON.stringify([name, kind, usable, position, keys, reason, Boolean(coolDownUntil)]);
