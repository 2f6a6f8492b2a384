import { byId, element, icon, iconButton } from '../shared/dom.js';
import { number, text } from '../shared/strings.js';
import { MOST_FILES, readAttachment } from './attachments.js';

/** The field for the question, with what is attached to it. */
export class Composer {
  #form = byId('composer');
  #field = byId('question');
  #list = byId('attachments');
  #send = byId('send');
  #stop = byId('stop');
  #attachments = [];
  #isBusy = false;
  #isDue = false;
  #on;

  /** @param {{isReady: () => boolean, send: (question: string, attachments: object[]) => void, stop: () => void, change: (draft: object) => void, tell: (problem: string) => void, editLast: () => void}} on */
  constructor(on) {
    this.#on = on;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#stop.addEventListener('click', (event) => {
      // It stands where the other button stood: the second click of two was meant for that.
      if (event.detail <= 1) {
        on.stop();
      }
    });
    this.#field.addEventListener('input', () => this.#changed());
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('paste', (event) => {
      if (event.clipboardData.files.length > 0) {
        event.preventDefault();
        this.attach(event.clipboardData.files);
      }
    });
    const files = byId('files');
    byId('attach').addEventListener('click', () => files.click());
    files.addEventListener('change', async () => {
      await this.attach(files.files);
      files.value = '';
    });
    this.#form.addEventListener('click', (event) => {
      if (event.target === this.#form) {
        this.focus();
      }
    });
  }

  get draft() {
    return { text: this.#field.value, attachments: this.#attachments };
  }

  show(draft) {
    this.#field.value = draft?.text ?? '';
    this.#attachments = draft?.attachments ?? [];
    this.#showAttachments();
    this.#fit();
  }

  focus() {
    this.#field.focus();
  }

  /** The conversation is there, or will not be: what was sent meanwhile goes now, or stays to be sent. @param {boolean} isThere */
  ready(isThere) {
    const isDue = this.#isDue && isThere;
    this.#isDue = false;
    if (isDue) {
      this.#submit();
    }
  }

  /** While an answer comes, the button stops it. */
  setBusy(isBusy) {
    const hadFocus = document.activeElement === this.#send || document.activeElement === this.#stop;
    this.#isBusy = isBusy;
    this.#send.hidden = isBusy;
    this.#stop.hidden = !isBusy;
    if (hadFocus) {
      this.focus();
    }
  }

  /** @param {Iterable<File>} files */
  async attach(files) {
    const problems = [];
    for (const file of files) {
      if (this.#attachments.length >= MOST_FILES) {
        problems.push(text('attachment.toomany', { limit: MOST_FILES }));
        break;
      }

      try {
        this.#attachments.push(await readAttachment(file));
      } catch (problem) {
        problems.push(problem.message);
      }
    }

    if (problems.length > 0) {
      this.#on.tell(problems.join(' '));
    }

    this.#showAttachments();
    this.#changed();
    this.focus();
  }

  #submit() {
    // Half a character is no text, and nobody could keep it.
    const question = this.#field.value.toWellFormed();
    if (!this.#on.isReady()) {
      this.#isDue = true;
      return;
    }

    if (this.#isBusy || (question.trim() === '' && this.#attachments.length === 0)) {
      return;
    }

    const attachments = this.#attachments;
    this.show(null);
    this.#on.send(question, attachments);
  }

  #key(event) {
    if (isSend(event)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'ArrowUp' && this.#field.value === '' && this.#attachments.length === 0) {
      event.preventDefault();
      this.#on.editLast();
    }
  }

  #changed() {
    this.#fit();
    this.#on.change(this.draft);
  }

  #fit() {
    if (!CSS.supports('field-sizing', 'content')) {
      this.#field.style.height = 'auto';
      this.#field.style.height = `${this.#field.scrollHeight}px`;
    }
  }

  #showAttachments() {
    this.#list.hidden = this.#attachments.length === 0;
    this.#list.replaceChildren(...this.#attachments.map((one) => element('li', {}, attachmentChip(one, iconButton('close', text('attachment.remove', { name: one.name }), () => {
      this.#attachments = this.#attachments.filter((other) => other !== one);
      this.#showAttachments();
      this.#changed();
      this.focus();
    })))));
  }
}

/** Whether a key sends what is written. Where a finger writes there is a button to send, and no Shift; and a word that is being composed is not ready. */
export function isSend(event) {
  const isFinger = matchMedia('(pointer: coarse)').matches;
  return event.key === 'Enter' && !event.isComposing && (event.ctrlKey || event.metaKey || (!event.shiftKey && !isFinger));
}

/** A file as a small sign. @param {Node} [button] */
export function attachmentChip({ kind, name, size, content }, button) {
  const picture = kind === 'image' && /^data:image\/(?:png|jpeg|gif|webp);base64,/.test(content)
    ? element('img', { src: content, alt: text('image.attached', { name }), loading: 'lazy' })
    : icon('file');
  return element(
    'span',
    { className: `chip ${kind}` },
    picture,
    element('span', { className: 'chip-name', dir: 'auto' }, name),
    element('span', { className: 'chip-size' }, text('kilobytes', { n: number(Math.max(1, Math.round(size / 1024))) })),
    button,
  );
}
