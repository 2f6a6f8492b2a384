import { byId } from '../shared/dom.js';

/** On a narrow screen the list of conversations lies over the chat, and only when it is asked for. */
export class Drawer {
  #sidebar = byId('sidebar');
  #button = byId('open-sidebar');
  #narrow = matchMedia('(max-width: 52rem)');

  constructor() {
    this.#button.addEventListener('click', () => this.open());
    byId('close-sidebar').addEventListener('click', () => this.close());
    byId('scrim').addEventListener('click', () => this.close());
    this.#narrow.addEventListener('change', () => this.#set(false));
    this.#set(false);
  }

  get isOpen() {
    return document.body.classList.contains('drawer-open');
  }

  open() {
    if (this.#narrow.matches) {
      this.#set(true);
      byId('close-sidebar').focus();
    }
  }

  close() {
    if (this.isOpen) {
      this.#set(false);
      this.#button.focus();
    }
  }

  #set(isOpen) {
    document.body.classList.toggle('drawer-open', isOpen);
    this.#button.setAttribute('aria-expanded', String(isOpen));
    // What is not to be seen is not to be reached; nor is what lies below.
    this.#sidebar.inert = this.#narrow.matches && !isOpen;
    document.querySelector('.chat').inert = isOpen;
  }
}
