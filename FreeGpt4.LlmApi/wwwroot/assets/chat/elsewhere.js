import { listenToTabs, tellTabs } from './tabs.js';

/**
 * Keeps the page as it is elsewhere, in other tabs and on other devices.
 * @param {{current: () => import('./exchange.js').Exchange, isLoading: () => boolean, exchanges: import('./exchanges.js').Exchanges, readList: (isQuiet: boolean) => Promise<void>,
 *   shown: () => void, forgotten: () => void, missing: () => void, failed: (failure: Error) => void}} page `shown`: what is around the messages may be another;
 *   `forgotten`: the conversation that was open is no more.
 * @returns {{forget: (id: string) => void, forgetAll: () => void}} For what is deleted here.
 */
export function followElsewhere(page) {
  const { exchanges } = page;

  function forget(id) {
    exchanges.forget(id);
    const { conversation } = page.current();
    if (conversation.id === id) {
      conversation.forget();
      page.forgotten();
    }
  }

  function forgetAll() {
    exchanges.forgetAll();
    page.forgotten();
    page.readList(false);
  }

  async function refresh(id) {
    page.readList(true);
    const exchange = page.current();
    if (page.isLoading() || exchange.isBusy || exchange.isEdited || (id ?? exchange.conversation.id) !== exchange.conversation.id) {
      return;
    }

    try {
      if (await exchange.conversation.refresh()) {
        exchange.show();
        page.shown();
      }
    } catch (failure) {
      // What is on the screen stays; nobody has asked for anything else.
      if (failure.status === undefined || failure.status === 401 || failure.code === 'owner_changed') {
        page.failed(failure);
      }
    }
  }

  listenToTabs({
    changed: refresh,
    answering: async (id, isAnswering) => {
      if (!isAnswering && !document.hidden) {
        await refresh(id);
      }

      const exchange = page.current();
      if (exchange.conversation.id === id && !exchange.isBusy) {
        exchange.isElsewhere = isAnswering;
      }
    },
    asked: (id) => {
      if (exchanges.find(id)?.isBusy) {
        tellTabs({ answering: id, isAnswering: true });
      }
    },
    deleted: (id) => {
      const isOpen = page.current().conversation.id === id;
      forget(id);
      page.readList(true);
      if (isOpen) {
        page.missing();
      }
    },
    deletedAll: forgetAll,
    left: () => {
      exchanges.forgetAll();
      location.replace('/');
    },
  });
  return { forget, forgetAll };
}
