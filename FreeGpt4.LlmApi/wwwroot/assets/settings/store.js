// Milliseconds until no replica tells any more what was before one's own change.
const IN_STEP = 2000;

/** The settings of the cluster, and what somebody is changing about them. Nothing is sent until it is saved; then all of it is. */
export class Settings extends EventTarget {
  #session;

  /** From a name to the value it is to have; `null` when what is stored is to go. @type {Map<string, string|null>} */
  #draft = new Map();

  /** From the name of a draft to what was there when it began. @type {Map<string, string>} */
  #bases = new Map();

  /** Drafts of what somebody else has changed since. @type {Set<string>} */
  #overtaken = new Set();

  /** Milliseconds, as of the clock. */
  #savedAt = 0;

  /** From a name to what is wrong with what was to be saved. @type {Map<string, string>} */
  #refused = new Map();

  /** @type {Map<string, object>} */
  #views = new Map();

  /** @param {import('../frame/session.js').Session} session */
  constructor(session) {
    super();
    this.#session = session;
  }

  get changes() {
    return this.#draft.size;
  }

  get all() {
    return [...this.#views.values()];
  }

  find(name) {
    return this.#views.get(name);
  }

  async read() {
    this.take(await this.#session.read('/api/settings'));
  }

  /** What the cluster has told. Whoever has to know what is another than before hears `taken`. */
  take({ settings }) {
    const others = settings.filter((view) => this.#views.has(view.name) && seenOf(view) !== seenOf(this.#views.get(view.name)));
    this.#views = new Map(settings.map((view) => [view.name, view]));
    for (const [name, value] of this.#draft) {
      const view = this.#views.get(name);
      if (!view || (value === null ? !view.isStored : view.isStored && view.value === value)) {
        this.#forget(name);
      } else if (this.#bases.get(name) !== seenOf(view)) {
        this.#overtaken.add(name);
        this.#bases.set(name, seenOf(view));
      }
    }

    this.tell();
    this.dispatchEvent(new CustomEvent('taken', { detail: others }));
  }

  isChanged(name) {
    return this.#draft.has(name);
  }

  /** Whether saving it replaces what somebody else has changed meanwhile. */
  isOvertaken(name) {
    return this.#overtaken.has(name);
  }

  refusalOf(name) {
    return this.#refused.get(name);
  }

  /** What is to be seen: the value in force, or the one that is to be. @returns {string} */
  valueOf(name) {
    const view = this.#views.get(name);
    if (!this.#draft.has(name)) {
      return view.value ?? '';
    }

    return this.#draft.get(name) || ((this.#draft.get(name) === null && view.environment) || view.default) || '';
  }

  /** @param {string} value What is empty stands for the default. */
  set(name, value) {
    const view = this.#views.get(name);
    this.#refused.delete(name);
    // Nothing has to be stored to have the default, unless the environment says otherwise.
    const wanted = value === '' && !view.environment ? null : value;
    if (value === (view.value ?? '') || (wanted === null && !view.isStored)) {
      this.#forget(name);
    } else {
      this.#begin(name, wanted);
    }

    this.tell();
  }

  /** What is stored is to go. */
  reset(name) {
    this.#refused.delete(name);
    this.#begin(name, null);
    this.tell();
  }

  discard() {
    [...this.#draft.keys()].forEach((name) => this.#forget(name));
    this.#refused.clear();
    this.tell();
  }

  /** @throws When something is refused, or somebody else was faster; what it is stands beside each of them. */
  async save() {
    if (Date.now() > this.#savedAt + IN_STEP) {
      await this.#lookForOthers();
    }

    const sent = new Map(this.#draft);
    try {
      const saved = await this.#session.change('PUT', '/api/settings', Object.fromEntries(sent));
      for (const [name, value] of sent) {
        if (this.#draft.get(name) === value) {
          this.#forget(name);
        } else {
          // Changed again meanwhile, after it was sent.
          this.#bases.set(name, seenOf(saved.settings.find((view) => view.name === name)));
        }
      }

      this.#savedAt = Date.now();
      this.#refused.clear();
      this.take(saved);
    } catch (failure) {
      if (failure.code === 'invalid_settings') {
        this.#refused = new Map(failure.message.split('\n').map((line) => [line.split(' ')[0], line]));
        this.tell();
      }

      throw failure;
    }
  }

  async #lookForOthers() {
    const known = new Set(this.#overtaken);
    this.take(await this.#session.change('GET', '/api/settings'));
    if ([...this.#overtaken].some((name) => !known.has(name))) {
      throw Object.assign(new Error('Somebody else has changed the same meanwhile.'), { code: 'changed_meanwhile' });
    }
  }

  #begin(name, value) {
    if (!this.#draft.has(name)) {
      this.#bases.set(name, seenOf(this.#views.get(name)));
    }

    this.#draft.set(name, value);
  }

  #forget(name) {
    this.#draft.delete(name);
    this.#bases.delete(name);
    this.#overtaken.delete(name);
  }

  /** Whoever shows settings shows them anew. */
  tell() {
    this.dispatchEvent(new Event('change'));
  }
}

const seenOf = ({ value, secret, isStored }) => JSON.stringify([value, secret, isStored]);
