import { ApiError, askJson } from '../shared/api.js';
import { leave } from '../shared/leave.js';
import { text } from '../shared/strings.js';
import { toast } from './toasts.js';

const LONGEST_WAIT = 60;
const MOST_WAITS = 5;

/** Who is logged in, and what they change. */
export class Session {
  #token;

  /** @param {object} me */
  constructor(me) {
    this.#take(me);
  }

  /** @returns {Promise<Session>} Of who is logged in; others go to the login, and come back. */
  static async open() {
    return new Session(await ask('/api/me'));
  }

  get isAdmin() {
    return this.user.role === 'admin';
  }

  read(path) {
    return ask(path);
  }

  /**
   * Changes something. Where the edge lets only so many changes through, the rest waits its turn, and says so. Who is not logged in any more is told
   * that, and stays: what they have written is not lost, and is sent when they have logged in elsewhere.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async change(method, path, body) {
    let isTokenNew = false;
    for (let waits = 0; ; waits++) {
      try {
        return await askJson(path, { method, body, headers: this.#token ? { 'x-antiforgery-token': this.#token } : {} });
      } catch (failure) {
        if (failure.code === 'antiforgery_failed' && !isTokenNew) {
          // Of an older session of this browser.
          isTokenNew = true;
          await this.refresh();
        } else if (failure.status === 429 && failure.retryAfter <= LONGEST_WAIT && waits < MOST_WAITS) {
          toast(text('wait', { seconds: failure.retryAfter }), { seconds: failure.retryAfter });
          await new Promise((resolve) => setTimeout(resolve, failure.retryAfter * 1000));
        } else {
          throw isOver(failure) ? new ApiError(failure.status, { message: text('session.over'), code: 'session_over' }) : failure;
        }
      }
    }
  }

  /** Reads anew who it is. */
  async refresh() {
    this.#take(await ask('/api/me'));
  }

  async logOut() {
    try {
      await this.change('POST', '/api/logout');
    } catch (failure) {
      // Then it is done already.
      if (failure.code !== 'session_over') {
        throw failure;
      }
    }

    leave();
  }

  #take({ user, antiforgeryToken }) {
    this.user = user;
    this.#token = antiforgeryToken;
  }
}

const isOver = (failure) => failure instanceof ApiError && failure.status === 401 && failure.code === 'invalid_api_key';

async function ask(path) {
  try {
    return await askJson(path);
  } catch (failure) {
    if (isOver(failure)) {
      location.replace(`/login?next=${location.pathname}`);

      // Until the other page is here nothing goes on.
      await new Promise(() => {});
    }

    throw failure;
  }
}
