import { newId } from './ids.js';
import { askAsOwner } from './owner.js';

const ROOT = '/api/conversations';
const LONGEST_TITLE = 80;

/** A message as the API keeps it. @typedef {{role: string, content: string|object[], details: object|null}} Message */

/** What the cluster does not have, and the browser keeps. @typedef {{about: object|null, from: number, messages: Message[]}} Unsaved `about` is there when the cluster has none of the conversation. */

/** One conversation: as the page has it, and how far the cluster keeps it. */
export class Conversation {
  /** From the first question on. */
  id = null;
  title = null;
  model = null;
  systemPrompt = null;
  parameters = null;
  /** @type {Message[]} */
  messages = [];

  // So many messages are kept as they are here; so many the cluster has, where it has the conversation at all.
  #same = 0;
  #kept = 0;
  #isKept = false;
  #isGone = false;

  // To where messages were dropped while they were on their way to the cluster.
  #droppedTo = Infinity;
  #saving = Promise.resolve();

  /** @throws {ApiError} */
  static async load(id) {
    const conversation = new Conversation();
    conversation.#take(await askAsOwner(`${ROOT}/${id}`));
    return conversation;
  }

  /** One that the cluster does not have. @param {Unsaved} unsaved */
  static restored(id, { about, messages }) {
    return Object.assign(new Conversation(), about, { id, messages });
  }

  /** Adds a question. The first one gives a title, and an id by which the conversation is found again whatever happens. @param {string} model For the answers. */
  ask(question, model) {
    this.messages.push(question);
    this.id ??= newId();
    this.title ??= titleOf(this.messages);
    this.model ??= model;
  }

  /** Drops the messages from a position on, which others will take the place of. */
  truncate(position) {
    this.messages.length = position;
    this.#same = Math.min(this.#same, position);
    this.#droppedTo = Math.min(this.#droppedTo, position);
  }

  /** The request for the next answer. */
  request(model) {
    const system = this.systemPrompt ? [{ role: 'system', content: this.systemPrompt }] : [];
    return { ...this.parameters, model, messages: [...system, ...this.messages.map(({ role, content }) => ({ role, content }))] };
  }

  /** Whether there is nothing that the cluster does not have. */
  get isSaved() {
    return this.#isGone || (this.#same === this.messages.length && this.#kept === this.#same && (this.#isKept || this.id === null));
  }

  /** Whether what is new takes the place of what the cluster has. */
  get replaces() {
    return this.#kept > this.#same;
  }

  /** @param {Message|null} partial What there is of the next message. @returns {Unsaved|null} */
  unsaved(partial) {
    const messages = [...this.messages.slice(this.#same), ...(partial ? [partial] : [])];
    if (this.id === null || this.#isGone || messages.length === 0) {
      return null;
    }

    const { title, model, systemPrompt, parameters } = this;
    return { about: this.#isKept ? null : { title, model, systemPrompt, parameters }, from: this.#same, messages };
  }

  /**
   * Adds what the browser has kept, unless something else stands there by now.
   * @param {Unsaved} unsaved
   * @returns {boolean} Whether it is here now.
   */
  add({ from, messages }) {
    const there = this.messages.slice(from);
    const isBegun = from <= this.messages.length && there.every((message, index) => isSame(message, messages[index]));
    if (isBegun) {
      this.messages.push(...messages.slice(there.length));
    }

    return isBegun;
  }

  /**
   * Has the cluster keep what is new. One at a time.
   * @returns {Promise<boolean>} Whether there were messages of somebody else, from another tab or device, which are here now.
   * @throws {ApiError}
   */
  save() {
    const saved = this.#saving.catch(() => {}).then(() => this.#save());
    this.#saving = saved;
    return saved;
  }

  /** Nobody wants it any more: it is not to be kept. */
  forget() {
    this.#isGone = true;
  }

  /** Reads it anew, where everything is saved. @returns {Promise<boolean>} Whether anything is new. */
  async refresh() {
    if (!this.#isKept || !this.isSaved) {
      return false;
    }

    const before = this.#told();
    const now = await askAsOwner(`${ROOT}/${this.id}`);
    if (!this.isSaved || this.#told() !== before) {
      return false;
    }

    this.#take(now);
    return this.#told() !== before;
  }

  /** Changes title, model, systemPrompt or parameters; what the cluster does not have only here. */
  async change(change) {
    Object.assign(this, change);
    await this.#saving.catch(() => {});
    if (this.#isKept) {
      await askAsOwner(`${ROOT}/${this.id}`, { method: 'PATCH', body: change });
    }
  }

  async #save() {
    if (this.isSaved) {
      return false;
    }

    try {
      await (this.#isKept ? this.#sendNew() : this.#create());
      return false;
    } catch (failure) {
      if (failure.status === 404 && !this.#isGone) {
        // Deleted elsewhere, or kept for long enough: what is on the screen is not lost.
        this.id = newId();
        this.#isKept = false;
        this.#same = this.#kept = 0;
        return this.#save();
      }

      // It exists where it came before, and nobody was here any more to hear so.
      if (failure.code !== 'conversation_changed' && failure.code !== 'conversation_exists') {
        throw failure;
      }
    }

    const now = await askAsOwner(`${ROOT}/${this.id}`);
    const [from, own] = [this.#same, this.messages.slice(this.#same)];
    this.#take(now);
    if (!this.add({ from, messages: own })) {
      this.messages.push(...own);
    }

    if (!this.isSaved) {
      await this.#sendNew();
    }

    return true;
  }

  async #create() {
    const { id, title, model, systemPrompt, parameters } = this;
    const messages = [...this.messages];
    this.#droppedTo = Infinity;
    await askAsOwner(ROOT, { method: 'POST', body: { id, title, model, systemPrompt, parameters, messages } });
    this.#sent(messages.length);
  }

  async #sendNew() {
    const from = this.#same;
    if (from !== this.#kept) {
      await this.#put(from);
      return;
    }

    const messages = this.messages.slice(from);
    this.#droppedTo = Infinity;
    await askAsOwner(`${ROOT}/${this.id}/messages`, { method: 'POST', body: { messages, position: from } });
    this.#sent(from + messages.length);
  }

  async #put(from) {
    const messages = this.messages.slice(from);
    this.#droppedTo = Infinity;
    await askAsOwner(`${ROOT}/${this.id}/messages/${from}`, { method: 'PUT', body: { messages, count: this.#kept } });
    this.#sent(from + messages.length);
  }

  #sent(count) {
    this.#isKept = true;
    this.#kept = count;
    this.#same = Math.min(count, this.#droppedTo);
  }

  #take({ id, title, model, systemPrompt, parameters, messages }) {
    Object.assign(this, { id, title, model, systemPrompt, parameters });
    this.messages = messages.map(({ role, content, details }) => ({ role, content, details }));
    this.#same = this.#kept = messages.length;
    this.#isKept = true;
  }

  #told() {
    const { title, model, systemPrompt, parameters, messages } = this;
    return JSON.stringify([title, model, systemPrompt, parameters, messages]);
  }
}

/** The text of a message, without what is attached. */
export function textOf(content) {
  return typeof content === 'string' ? content : (content?.find((part) => part.type === 'text')?.text ?? '');
}

const isSame = (one, other) => one.role === other?.role && JSON.stringify(one.content) === JSON.stringify(other.content);

function titleOf(messages) {
  const line = textOf(messages[0]?.content).trim().replace(/\s+/gu, ' ');
  const characters = [...line];
  return characters.length > LONGEST_TITLE ? `${characters.slice(0, LONGEST_TITLE - 1).join('')}…` : line || null;
}
