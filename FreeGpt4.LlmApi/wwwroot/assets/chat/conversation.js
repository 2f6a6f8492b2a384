import { ApiError, askJson } from '../shared/api.js';

const ROOT = '/api/conversations';
const LONGEST_TITLE = 80;

/** A message as the API keeps it. @typedef {{role: string, content: string|object[], details: object|null}} Message */

/** One conversation: as the page has it, and how far the cluster keeps it. */
export class Conversation {
  id = null;
  title = null;
  model = null;
  systemPrompt = null;
  parameters = null;
  /** @type {Message[]} */
  messages = [];

  // So many messages are kept as they are here; so many the cluster has.
  #same = 0;
  #kept = 0;
  #saving = Promise.resolve();

  static async load(id) {
    const conversation = new Conversation();
    conversation.#take(await askJson(`${ROOT}/${id}`));
    return conversation;
  }

  /** Drops the messages from a position on, which others will take the place of. */
  truncate(position) {
    this.messages.length = position;
    this.#same = Math.min(this.#same, position);
  }

  /** The request for the next answer. */
  request(model) {
    const system = this.systemPrompt ? [{ role: 'system', content: this.systemPrompt }] : [];
    return { ...this.parameters, model, messages: [...system, ...this.messages.map(({ role, content }) => ({ role, content }))] };
  }

  /** Whether everything is kept. */
  get isSaved() {
    return this.id !== null && this.#same === this.messages.length && this.#kept === this.#same;
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

  /** Changes title, model, systemPrompt or parameters; without an id only here. */
  async change(change) {
    Object.assign(this, change);
    if (this.id !== null) {
      await askJson(`${ROOT}/${this.id}`, { method: 'PATCH', body: change });
    }
  }

  async #save() {
    if (this.isSaved) {
      return false;
    }

    if (this.id === null) {
      this.title ??= titleOf(this.messages);
      const { title, model, systemPrompt, parameters, messages } = this;
      const made = await askJson(ROOT, { method: 'POST', body: { title, model, systemPrompt, parameters, messages } });
      this.id = made.id;
      this.#same = this.#kept = messages.length;
      return false;
    }

    try {
      await this.#sendNew();
      return false;
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) {
        // Deleted elsewhere, or kept for long enough: what is on the screen is not lost.
        this.id = null;
        this.#same = this.#kept = 0;
        return this.#save();
      }

      if (failure.code !== 'conversation_changed') {
        throw failure;
      }
    }

    const own = this.messages.slice(this.#same);
    this.#take(await askJson(`${ROOT}/${this.id}`));
    this.messages.push(...own);
    await this.#sendNew();
    return true;
  }

  async #sendNew() {
    const from = this.#same;
    const messages = this.messages.slice(from);
    if (from === this.#kept) {
      await askJson(`${ROOT}/${this.id}/messages`, { method: 'POST', body: { messages, position: from } });
    } else {
      await askJson(`${ROOT}/${this.id}/messages/${from}`, { method: 'PUT', body: { messages } });
    }

    this.#same = this.#kept = from + messages.length;
  }

  #take({ id, title, model, systemPrompt, parameters, messages }) {
    Object.assign(this, { id, title, model, systemPrompt, parameters });
    this.messages = messages.map(({ role, content, details }) => ({ role, content, details }));
    this.#same = this.#kept = messages.length;
  }
}

/** The text of a message, without what is attached. */
export function textOf(content) {
  return typeof content === 'string' ? content : (content?.find((part) => part.type === 'text')?.text ?? '');
}

function titleOf(messages) {
  const line = textOf(messages[0]?.content).trim().replace(/\s+/gu, ' ');
  const characters = [...line];
  return characters.length > LONGEST_TITLE ? `${characters.slice(0, LONGEST_TITLE - 1).join('')}…` : line || null;
}
