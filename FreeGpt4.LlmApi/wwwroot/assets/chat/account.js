import { byId } from '../shared/dom.js';
import { leave } from '../shared/leave.js';
import { text } from '../shared/strings.js';

/** Who is logged in. */
export class Account {
  #link = byId('account');

  /**
   * Only a browser that shows a session has a name to ask for.
   * @param {typeof import('../shared/api.js').askJson} askJson
   * @param {() => void} leaving They log out.
   * @param {(failure: Error) => void} failed
   */
  async read(askJson, leaving, failed) {
    if (document.documentElement.dataset.session !== 'maybe') {
      return;
    }

    try {
      const { user, antiforgeryToken } = await askJson('/api/me');
      this.#link.querySelector('span').textContent = text('login.as', { name: user.name });
      this.#link.addEventListener('click', async (event) => {
        event.preventDefault();
        try {
          await askJson('/api/logout', { method: 'POST', headers: { 'x-antiforgery-token': antiforgeryToken } });
        } catch (failure) {
          // Who is not logged in any more is out already.
          if (failure.status !== 401) {
            failed(failure);
            return;
          }
        }

        leaving();
        leave();
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
