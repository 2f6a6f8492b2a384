/** Questions that are not kept by the cluster yet: being written, or asked and not saved. They survive a reload of the page. */

const LARGEST = 1_000_000;
const NEW = 'new';

const keyOf = (kind, id) => `freegpt4-${kind}:${id ?? NEW}`;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    // Not ours, or a browser that keeps nothing.
    return null;
  }
}

function write(key, draft) {
  try {
    if (!draft || (draft.text === '' && !draft.attachments?.length)) {
      localStorage.removeItem(key);
      return;
    }

    const whole = JSON.stringify(draft);
    localStorage.setItem(key, whole.length <= LARGEST ? whole : JSON.stringify({ text: draft.text.slice(0, LARGEST) }));
  } catch {
    // A browser that keeps nothing, or no more: then the draft lasts as long as the page.
  }
}

/** What is being written. @typedef {{text: string, attachments?: object[]}} Draft */

/** @returns {Draft|null} */
export const draftOf = (id) => read(keyOf('draft', id));

/** A question whose answer never came to be kept. @returns {Draft|null} */
export const askedOf = (id) => read(keyOf('asked', id));

export const keepDraft = (id, draft) => write(keyOf('draft', id), draft);

/** @param {Draft|null} draft `null` once the cluster keeps it. */
export const keepAsked = (id, draft) => write(keyOf('asked', id), draft);

export function forgetDrafts(id) {
  keepDraft(id, null);
  keepAsked(id, null);
}

export const lastModel = () => read('freegpt4-model') ?? 'auto';

export function keepModel(model) {
  try {
    localStorage.setItem('freegpt4-model', JSON.stringify(model));
  } catch {
    // As above.
  }
}
