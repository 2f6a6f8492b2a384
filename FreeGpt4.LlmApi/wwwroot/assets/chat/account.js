import { byId } from '../shared/dom.js';
import { text } from '../shared/strings.js';

/** Who is logged in. */
export class Account {
  #link = byId('account');

  /** Only a browser that shows a session has a name to ask for. @param {typeof import('../shared/api.js').askJson} askJson */
  async read(askJson) {
    if (document.documentElement.dataset.session !== 'maybe') {
      return;
    }

    try {
      const { user, antiforgeryToken } = await askJson('/api/me');
      this.#link.querySelector('span').textContent = text('login.as', { name: user.name });
      this.#link.addEventListener('click', async (event) => {
        event.preventDefault();
        await askJson('/api/logout', { method: 'POST', headers: { 'x-antiforgery-token': antiforgeryToken } });
        location.replace('/');
      });
    } catch (failure) {
      if (failure.status !== 401) {
        throw failure;
      }
    }
  }

  /** In private mode nobody is served who has not said who they are. */
  mustLogIn() {
    location.replace('/login?next=/');
  }
}
