import { askJson } from '../shared/api.js';
import { confirmed, written } from '../shared/dialogs.js';
import { byId, element, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { daysOf } from './days.js';
import { openMenu } from './menu.js';
import { askAsOwner, takeOwner } from './owner.js';

const PAUSE = 250;
const LONGEST_TITLE = 200;

/** The list of conversations, which the cluster searches. */
export class Sidebar {
  #list = byId('conversations');
  #search = byId('search');
  #on;
  #found = [];

  /** The rows by the id of their conversation: one that stays keeps the focus, and its open menu. @type {Map<string, object>} */
  #rows = new Map();
  #next = null;
  #searched = '';
  #current = null;
  #asked = 0;
  #timer = 0;

  /** @param {{renamed: (id: string, title: string) => void, deleted: (id: string) => void, failed: (failure: Error) => void, owner: (before: string) => void}} on */
  constructor(on) {
    this.#on = on;
    this.#search.addEventListener('keydown', (event) => this.#key(event));
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.read(), PAUSE);
    });
  }

  async #key(event) {
    const first = () => this.#list.querySelector('a');
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      first()?.focus();
    } else if (event.key === 'Enter' && !event.isComposing && this.#search.value.trim() !== '') {
      clearTimeout(this.#timer);
      await this.read();
      first()?.click();
    }
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /** Marks the one that is open. @param {string|null} id */
  mark(id) {
    this.#current = id;
    for (const link of this.#list.querySelectorAll('a')) {
      if (link.hash === `#${id}`) {
        link.setAttribute('aria-current', 'page');
      } else {
        link.removeAttribute('aria-current');
      }
    }
  }

  /** Reads the list anew, for what stands in the field. @param {boolean} [isQuiet] When that fails, the list stays as it was. */
  async read(isQuiet = false) {
    const asked = ++this.#asked;
    try {
      // As many as were to be seen.
      const wanted = this.#searched === this.#search.value ? this.#found.length : 0;
      this.#searched = this.#search.value;
      let page = await this.#page(null);
      const before = takeOwner(page.owner);
      if (before) {
        this.#on.owner(before);
      }

      const found = [...page.data];
      while (page.nextCursor && found.length < wanted && asked === this.#asked) {
        page = await this.#page(page.nextCursor);
        found.push(...page.data);
      }

      if (asked === this.#asked) {
        this.#found = found;
        this.#next = page.nextCursor;
        this.#show();
      }
    } catch (failure) {
      if (failure.code === 'owner_changed') {
        this.#on.failed(failure);
      } else if (asked === this.#asked && !isQuiet) {
        this.#list.replaceChildren(element('p', { className: 'empty' }, text('conversations.failed')));
        this.#on.failed(failure);
      }
    }
  }

  async #more() {
    const page = await this.#page(this.#next);
    this.#found.push(...page.data);
    this.#next = page.nextCursor;
    const before = this.#list.querySelectorAll('a').length;
    this.#show();
    this.#list.querySelectorAll('a')[before]?.focus();
  }

  #page(cursor) {
    const query = new URLSearchParams();
    if (this.#search.value.trim() !== '') {
      query.set('search', this.#search.value.trim());
    }

    if (cursor) {
      query.set('cursor', cursor);
    }

    // As who is logged in now: that tells whether the page is still theirs.
    return askJson(`/api/conversations?${query}`);
  }

  #show() {
    if (this.#found.length === 0) {
      this.#list.replaceChildren(element('p', { className: 'empty' }, text(this.#search.value.trim() === '' ? 'conversations.none' : 'conversations.notfound')));
      return;
    }

    const focused = document.activeElement;
    this.#rows = new Map(this.#found.map((one) => [one.id, this.#rows.get(one.id) ?? this.#row(one.id)]));
    const groups = daysOf(this.#found).map(({ name, conversations }) => element(
      'section',
      {},
      element('h2', {}, text(`day.${name}`)),
      element('ul', {}, ...conversations.map(({ id, title }) => this.#rows.get(id).show(title))),
    ));
    const more = this.#next ? element('button', { type: 'button', className: 'wide-button quiet', onclick: () => this.#try(() => this.#more()) }, text('conversations.more')) : null;
    this.#list.replaceChildren(...groups, ...(more ? [more] : []));
    this.mark(this.#current);
    if (focused !== document.activeElement && this.#list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  #row(id) {
    let title;
    const link = element('a', { href: `#${id}`, dir: 'auto' });
    const menu = iconButton('more', '', () => openMenu(menu, [
      { picture: 'edit', label: text('conversation.rename'), act: () => this.#try(() => this.#rename({ id, title })) },
      { picture: 'export', label: text('conversation.export'), href: `/api/conversations/${id}/export` },
      { picture: 'trash', label: text('conversation.delete'), act: () => this.#try(() => this.#delete({ id, title })) },
    ]), { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
    const row = element('li', {}, link, menu);
    const show = (now) => {
      title = link.textContent = now;
      menu.title = text('conversation.menu', { title });
      menu.setAttribute('aria-label', menu.title);
      return row;
    };
    return { show };
  }

  async #rename(one) {
    const title = await written(text('conversation.rename'), text('conversation.title'), one.title, LONGEST_TITLE);
    if (title) {
      await askAsOwner(`/api/conversations/${one.id}`, { method: 'PATCH', body: { title } });
      this.#on.renamed(one.id, title);
      await this.read();
    }
  }

  async #delete(one) {
    if (await confirmed(text('conversation.delete'), text('conversation.delete.sure', { title: one.title }), text('conversation.delete'))) {
      await askAsOwner(`/api/conversations/${one.id}`, { method: 'DELETE' });
      this.#on.deleted(one.id);
      await this.read();
      this.#search.focus();
    }
  }

  async #try(act) {
    try {
      await act();
    } catch (failure) {
      this.#on.failed(failure);
    }
  }
}
