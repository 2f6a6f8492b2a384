/** What the tabs of one browser tell each other of conversations. @typedef {{changed: string}|{deleted: string}|{deletedAll: true}|{left: true}} News */

const channel = new BroadcastChannel('freegpt4-conversations');

/** @param {News} news */
export const tellTabs = (news) => channel.postMessage(news);

/**
 * What happens elsewhere: other tabs tell it, and of other devices a tab learns when somebody looks at it again.
 * @param {{changed: (id?: string) => void, deleted: (id: string) => void, deletedAll: () => void, left: () => void}} on
 */
export function listenToTabs(on) {
  channel.addEventListener('message', ({ data }) => {
    if (data.deletedAll) {
      on.deletedAll();
    } else if (data.left) {
      on.left();
    } else if (data.deleted) {
      on.deleted(data.deleted);
    } else if (!document.hidden) {
      on.changed(data.changed);
    }
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      on.changed();
    }
  });
}
