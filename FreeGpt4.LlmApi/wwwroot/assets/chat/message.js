import { copy } from '../shared/clipboard.js';
import { element, icon, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { attachmentsOf } from './attachments.js';
import { attachmentChip, isSend } from './composer.js';
import { textOf } from './conversation.js';
import { endWords, explain, routeWords } from './words.js';

// Their advice is in what exactly was said.
const TELLING = ['nobody', 'request'];

/** The library for Markdown, which the first view does without. */
export const markdown = () => import('../markdown/markdown.js');
const growing = () => import('../markdown/growing.js');

/** A question. */
export class QuestionView {
  #message;
  #onEdit;
  #body = element('div', { className: 'bubble' });

  /** @param {(text: string) => void} onEdit */
  constructor(message, onEdit) {
    this.#message = message;
    this.#onEdit = onEdit;
    this.element = element(
      'article',
      { className: 'message question' },
      element('h2', { className: 'visually-hidden' }, text('user')),
      this.#body,
      element('div', { className: 'actions' }, iconButton('copy', text('code.copy'), () => copy(textOf(message.content))), iconButton('edit', text('edit'), () => this.edit())),
    );
    this.#show();
  }

  edit() {
    const field = element('textarea', { value: textOf(this.#message.content), rows: 3, dir: 'auto', 'aria-label': text('edit') });
    const form = element(
      'form',
      { className: 'edit' },
      field,
      element('div', { className: 'edit-foot' }, element('button', { type: 'button', onclick: () => this.#show() }, text('cancel')), element('button', { className: 'primary' }, text('send'))),
    );
    const submit = () => {
      if (field.value.trim() !== '') {
        this.#onEdit(field.value.toWellFormed());
      }
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      submit();
    });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        this.#show();
      } else if (event.target === field && isSend(event)) {
        event.preventDefault();
        submit();
      }
    });
    this.element.classList.add('editing');
    this.#body.replaceChildren(form);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  #show() {
    const files = attachmentsOf(this.#message);
    this.element.classList.remove('editing');
    this.#body.replaceChildren(
      ...(files.length > 0 ? [element('div', { className: 'chips' }, ...files.map((file) => attachmentChip(file)))] : []),
      element('p', { dir: 'auto' }, textOf(this.#message.content)),
    );
  }
}

/** An answer, while it comes and after. */
export class AnswerView {
  #thoughts = null;
  #thinking = null;
  #body = element('div', { className: 'prose', dir: 'auto' });
  #foot = element('footer', { className: 'foot' });
  #markdown = null;
  #onGrown;

  /** @param {() => void} onGrown */
  constructor(onGrown) {
    this.#onGrown = onGrown;
    this.element = element('article', { className: 'message answer' }, element('h2', { className: 'visually-hidden' }, text('assistant')), this.#body, this.#foot);
  }

  get source() {
    return this.#markdown?.source ?? '';
  }

  get thoughts() {
    return this.#thoughts?.textContent ?? '';
  }

  /** Before the first word. */
  async wait() {
    this.element.classList.add('waiting');
    this.#body.replaceChildren(element('span', { className: 'dots', 'aria-hidden': 'true' }, element('i'), element('i'), element('i')));
    const { GrowingMarkdown } = await growing();
    this.#markdown = new GrowingMarkdown(this.#body, this.#onGrown);
  }

  append(piece) {
    this.#begin();
    this.#markdown.append(piece);
  }

  appendThought(piece) {
    if (!this.#thoughts) {
      this.#thoughts = element('p', { dir: 'auto' });
      this.#thinking = element('span', {}, text(this.#isWaiting ? 'answer.thinking.now' : 'answer.thinking'));
      this.#body.before(element('details', { className: 'thoughts' }, element('summary', {}, this.#thinking, icon('down')), this.#thoughts));
    }

    this.#thoughts.append(piece);
    this.#onGrown();
  }

  /** Shows who answered while the answer comes. */
  tell(details) {
    this.#foot.replaceChildren(routeLine(details));
  }

  /** It is complete, or as complete as it gets. @param {Node[]} actions */
  async finish(details, actions) {
    this.#begin();
    await this.#markdown?.finish();
    this.#end(details, actions);
  }

  /** One that is kept. */
  async show(message, actions) {
    this.#end(message.details, actions);
    if (message.details?.thoughts) {
      this.appendThought(message.details.thoughts);
    }

    const { renderAll } = await markdown();
    this.#body.replaceChildren(renderAll(textOf(message.content)));
    this.#onGrown();
  }

  get #isWaiting() {
    return this.element.classList.contains('waiting');
  }

  #begin() {
    if (this.#isWaiting) {
      this.element.classList.remove('waiting');
      this.#body.replaceChildren();
      this.#thinking?.replaceChildren(text('answer.thinking'));
    }
  }

  #end(details, actions) {
    const said = endWords(details);
    this.#foot.replaceChildren(
      ...(said ? [element('p', { className: 'said' }, said)] : []),
      element('div', { className: 'actions' }, ...actions),
      routeLine(details),
    );
  }
}

/** What is shown in place of an answer that did not come. @param {Node[]} actions */
export function failureCard(failure, actions) {
  const { kind, title, advice, exact } = explain(failure);
  const card = element(
    'section',
    { className: 'failure', role: 'alert' },
    element('h3', {}, title),
    element('p', {}, advice),
    element('details', { open: TELLING.includes(kind), ontoggle: () => card.scrollIntoView({ block: 'nearest' }) }, element('summary', {}, text('details'), icon('down')), element('pre', { tabIndex: 0 }, exact)),
    element('div', { className: 'failure-actions' }, ...actions),
  );
  return card;
}

export const textButton = (picture, label, onclick, className = '') => element('button', { type: 'button', className, onclick }, icon(picture), label);

function routeLine(details) {
  return element('p', { className: 'route' }, ...routeWords(details).map((words) => element('span', {}, words)));
}
