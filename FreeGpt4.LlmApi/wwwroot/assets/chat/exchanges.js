import { forgetWritten } from '../shared/leave.js';
import { attachmentsOf } from './attachments.js';
import { Conversation, textOf } from './conversation.js';
import { draftOf, forgetDrafts, keepDraft, keepUnsaved, unsavedOf } from './drafts.js';
import { tellTabs } from './tabs.js';

/** The exchanges that are at work, or that the cluster does not keep yet: they are found again, whatever else is looked at meanwhile. */
export class Exchanges {
  #on;

  /** @type {Set<import('./exchange.js').Exchange>} */
  #running = new Set();

  /** @param {{saved: (exchange: object, idBefore: string) => Promise<void>, unsaved: (exchange: object, failure: Error) => void}} on */
  constructor(on) {
    this.#on = on;
    addEventListener('pagehide', () => this.#running.forEach((exchange) => {
      exchange.keep();
      tellTabs({ answering: exchange.conversation.id, isAnswering: false });
    }));
  }

  find(id) {
    return [...this.#running].find((exchange) => exchange.conversation.id === id);
  }

  track(exchange) {
    if (exchange.isBusy || !exchange.conversation.isSaved) {
      this.#running.add(exchange);
    } else {
      this.#running.delete(exchange);
    }
  }

  /** Has the cluster keep one. @param {boolean} [isQuiet] When it cannot, that is not told: it is tried again later. */
  async save(exchange, isQuiet = false) {
    const { conversation } = exchange;
    const { id } = conversation;
    try {
      if (await conversation.save()) {
        exchange.show();
      }
    } catch (failure) {
      if (!isQuiet) {
        this.#on.unsaved(exchange, failure);
      }

      return;
    }

    this.track(exchange);
    if (conversation.isSaved) {
      keepUnsaved(id, null);
    }

    if (id !== conversation.id) {
      keepDraft(conversation.id, draftOf(id));
      forgetDrafts(id);
    }

    tellTabs({ changed: conversation.id });
    await this.#on.saved(exchange, id);
  }

  /** Somebody has deleted a conversation: no answer that is under way brings it back. */
  forget(id) {
    this.find(id)?.forget();
    forgetDrafts(id);
  }

  /** All are deleted, or are nobody's any more who is here. */
  forgetAll() {
    forgetWritten();
    [...this.#running].forEach((exchange) => exchange.forget());
  }

  /**
   * A conversation, with what had come when the page was left.
   * @returns {Promise<Conversation>}
   * @throws {import('../shared/api.js').ApiError}
   */
  async load(id) {
    const unsaved = unsavedOf(id);
    try {
      const conversation = await Conversation.load(id);
      if (unsaved && !conversation.add(unsaved)) {
        const question = unsaved.messages.find((message) => message.role === 'user');
        keepDraft(id, draftOf(id) ?? (question ? { text: textOf(question.content), attachments: attachmentsOf(question) } : null));
      }

      if (conversation.isSaved) {
        keepUnsaved(id, null);
      }

      return conversation;
    } catch (failure) {
      if (failure.status === 404) {
        if (unsaved?.about) {
          return Conversation.restored(id, unsaved);
        }

        keepUnsaved(id, null);
      }

      throw failure;
    }
  }
}
