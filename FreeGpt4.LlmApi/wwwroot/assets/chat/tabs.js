/**
 * What the tabs of one browser tell each other of conversations.
 * @typedef {{changed: string}|{answering: string, isAnswering: boolean}|{asked: string}|{deleted: string}|{deletedAll: true}|{left: true}} News
 * `answering`: whether a tab is getting an answer; `asked`: a tab would like to know.
 */

const channel = new BroadcastChannel('freegpt4-conversations');

/** @param {News} news */
export const tellTabs = (news) => channel.postMessage(news);

/**
 * What happens elsewhere: other tabs tell it, and of other devices a tab learns when somebody looks at it again.
 * @param {{changed: (id?: string) => void, answering: (id: string, isAnswering: boolean) => void, asked: (id: string) => void, deleted: (id: string) => void, deletedAll: () => void, left: () => void}} on
 */
export function listenToTabs(on) {
  channel.addEventListener('message', ({ data }) => {
    const [kind] = Object.keys(data);

    // Where nobody looks that is read later.
    if (kind !== 'changed' || !document.hidden) {
      on[kind]?.(data[kind], data.isAnswering);
    }
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      on.changed();
    }
  });
}
