import { copy } from '../shared/clipboard.js';
import { element, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { readAnswer } from './answer.js';
import { attachmentsOf, contentOf, detailsOf } from './attachments.js';
import { textOf } from './conversation.js';
import { keepUnsaved } from './drafts.js';
import { AnswerView, failureCard, QuestionView, textButton } from './message.js';
import { keptThoughts } from './thoughts.js';

/** Questions and answers of one conversation, on the screen or not: an answer goes on while the reader looks at another conversation. */
export class Exchange {
  element = element('div', { className: 'exchange' });
  #abort = null;
  #coming = null;
  #answered = Promise.resolve();
  #isStale = false;
  #isElsewhere = false;
  #on;

  /** @type {{position: number, view: QuestionView|AnswerView}[]} */
  #shown = [];

  /**
   * @param {import('./conversation.js').Conversation} conversation
   * @param {{grown: () => void, busy: (exchange: Exchange) => void, status: (words: string) => void, save: (exchange: Exchange, isQuiet?: boolean) => Promise<void>, model: (conversation: object) => string, chooseModel: () => void, answering: (exchange: Exchange, isAnswering: boolean) => void, replaced: (words: string, bringBack: () => void) => void}} on
   */
  constructor(conversation, on) {
    this.conversation = conversation;
    this.#on = on;
    this.show();
  }

  get isBusy() {
    return this.#abort !== null;
  }

  /** Whether another tab is getting the answer. */
  set isElsewhere(isElsewhere) {
    const isOther = isElsewhere !== this.#isElsewhere;
    this.#isElsewhere = isElsewhere;
    if (isOther && !this.isEdited) {
      this.show();
    }
  }

  /** Draws all messages anew; while an answer comes, after it. */
  show() {
    this.#isStale = this.isBusy;
    if (this.#isStale) {
      return;
    }

    const { messages } = this.conversation;
    this.element.replaceChildren();
    this.#shown = [];
    messages.forEach((message, position) => {
      if (message.role === 'user') {
        this.#addQuestion(position);
      } else if (message.role === 'assistant') {
        const view = new AnswerView(this.#on.grown);
        this.#add(position, view);
        view.show(message, this.#actionsOf(position));
      }
    });
    if (messages.at(-1)?.role === 'user') {
      this.element.append(this.#isElsewhere ? element('p', { className: 'muted elsewhere', role: 'status' }, text('answer.elsewhere')) : this.#againCard());
    }
  }

  async send(question, attachments) {
    const { conversation } = this;
    conversation.ask({ role: 'user', content: contentOf(question, attachments), details: detailsOf(attachments) }, this.#on.model(conversation));
    this.#removeCards();
    this.#addQuestion(conversation.messages.length - 1);
    const answered = this.#answer();
    if (!conversation.replaces) {
      // What takes the place of an older question waits for its answer: until then the older ones are not lost.
      this.#on.save(this, true);
    }

    await answered;
  }

  /** Asks for the last answer anew. */
  async again() {
    const position = this.conversation.messages.findLastIndex((message) => message.role === 'user') + 1;
    if (this.isBusy || position === 0) {
      return;
    }

    this.#replace(position, 'answer.replaced');
    await this.#answer();
  }

  stop() {
    this.#abort?.abort();
  }

  /** Whether somebody writes in it. */
  get isEdited() {
    return this.element.querySelector('.editing') !== null;
  }

  /** Before the page goes: has the browser keep what the cluster does not have. */
  keep() {
    const { id } = this.conversation;
    if (id !== null) {
      const { view, details } = this.#coming ?? {};
      keepUnsaved(id, this.conversation.unsaved(view?.source ? answerOf(view, { ...details, stopped: true }) : null));
    }
  }

  /** Nobody wants it any more. */
  forget() {
    this.conversation.forget();
    this.stop();
  }

  editLast() {
    if (!this.isBusy) {
      this.#shown.findLast((one) => one.view instanceof QuestionView)?.view.edit();
    }
  }

  async #edit(position, question) {
    if (this.isBusy) {
      return;
    }

    const before = this.conversation.messages[position];
    this.#replace(position, 'edit.replaced');
    await this.send(question, attachmentsOf(before));
  }

  /** Drops the messages from a position on; until something else is done they can be brought back. */
  #replace(position, words) {
    const dropped = this.conversation.messages.slice(position);
    this.#truncate(position);
    if (dropped.some((message) => message.role === 'assistant')) {
      this.#on.replaced(text(words), () => this.#bringBack(position, dropped));
    }
  }

  async #bringBack(position, dropped) {
    this.stop();
    await this.#answered;
    this.conversation.truncate(position);
    this.conversation.messages.push(...dropped);
    this.show();
    await this.#on.save(this);
  }

  #answer() {
    this.#answered = this.#readAnswer();
    return this.#answered;
  }

  async #readAnswer() {
    const { conversation } = this;
    const view = new AnswerView(this.#on.grown);
    const abort = (this.#abort = new AbortController());
    this.#on.busy(this);
    this.#on.answering(this, true);
    this.#on.status(text('answer.busy'));
    this.element.setAttribute('aria-busy', 'true');
    this.#add(conversation.messages.length, view);

    const coming = (this.#coming = { view, details: {} });
    let failure = null;
    try {
      await view.wait();
      this.#on.grown();
      coming.details = await readAnswer(conversation.request(this.#on.model(conversation)), {
        signal: abort.signal,
        onRoute: (route) => view.tell((coming.details = route)),
        onText: (piece) => view.append(piece),
        onThought: (piece) => view.appendThought(piece),
      });
    } catch (problem) {
      failure = problem;
      coming.details[problem.name === 'AbortError' ? 'stopped' : 'broken'] = true;
    }

    const isKept = await this.#end(view, coming.details, failure);
    this.#abort = null;
    this.#on.busy(this);
    if (isKept) {
      // However long that takes, the next question can be asked.
      await this.#on.save(this);
    }

    if (!this.isBusy) {
      this.#on.answering(this, false);
      this.element.removeAttribute('aria-busy');
      if (this.#isStale) {
        this.show();
      }
    }
  }

  /** @returns {Promise<boolean>} Whether there is anything to keep. */
  async #end(view, details, failure) {
    const { conversation } = this;
    const isStopped = failure?.name === 'AbortError';
    if (view.source !== '' || !failure) {
      conversation.messages.push(answerOf(view, details));
      this.#coming = null;
      await view.finish(details, this.#actionsOf(conversation.messages.length - 1));
      this.#keepOnlyLastAgain();
      this.#on.status(text(failure && !isStopped ? 'answer.broken' : isStopped ? 'answer.stopped' : 'answer.done'));
      if (failure && !isStopped) {
        this.element.append(failureCard(failure, this.#failureActions(failure)));
      }

      this.#on.grown();
      return true;
    }

    this.#coming = null;
    this.#truncate(conversation.messages.length);
    this.element.append(isStopped ? this.#againCard() : failureCard(failure, this.#failureActions(failure)));
    this.#on.status(text(isStopped ? 'answer.stopped' : 'answer.broken'));
    this.#on.grown();
    return false;
  }

  #failureActions(failure) {
    const actions = [textButton('again', text('tryagain'), () => this.again(), 'primary')];
    if (failure.status === 401) {
      actions.unshift(element('a', { className: 'button primary', href: '/login?next=/' }, text('login')));
    } else if (failure.status !== 0 && failure.status !== 413) {
      actions.push(element('button', { type: 'button', onclick: () => this.#on.chooseModel() }, text('model.choose')));
    }

    return actions;
  }

  // Of a question that has no answer.
  #againCard() {
    return element('section', { className: 'failure quiet' }, element('div', { className: 'failure-actions' }, textButton('again', text('tryagain'), () => this.again())));
  }

  #actionsOf(position) {
    const actions = [iconButton('copy', text('answer.copy'), () => copy(textOf(this.conversation.messages[position].content)))];
    if (position === this.conversation.messages.length - 1) {
      actions.push(iconButton('again', text('answer.again'), () => this.again(), { className: 'icon-button again' }));
    }

    return actions;
  }

  #keepOnlyLastAgain() {
    [...this.element.querySelectorAll('.again')].slice(0, -1).forEach((button) => button.remove());
  }

  #addQuestion(position) {
    const view = new QuestionView(this.conversation.messages[position], (question) => this.#edit(position, question));
    this.#add(position, view);
  }

  #add(position, view) {
    this.#shown.push({ position, view });
    this.element.append(view.element);
  }

  #truncate(position) {
    this.conversation.truncate(position);
    this.#shown.filter((one) => one.position >= position).forEach((one) => one.view.element.remove());
    this.#shown = this.#shown.filter((one) => one.position < position);
    this.#removeCards();
  }

  #removeCards() {
    this.element.querySelectorAll('.failure').forEach((card) => card.remove());
  }
}

const answerOf = (view, details) => ({
  role: 'assistant',
  content: view.source.toWellFormed(),
  details: view.thoughts === '' ? details : { ...details, thoughts: keptThoughts(view.thoughts) },
});
