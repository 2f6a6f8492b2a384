import { ownerNow } from './owner.js';

/** What the cluster does not keep: what is being written, and what had come when the page was left. It survives a reload of the page. */

const LARGEST = 1_000_000;
const NEW = 'new';
const PREFIX = 'freegpt4-';

// What somebody was writing is not shown to who logs in next.
const keyOf = (kind, id, owner = ownerNow()) => `${PREFIX}${kind}:${owner}:${id ?? NEW}`;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    // Not ours, or a browser that keeps nothing.
    return null;
  }
}

/** @param {(() => unknown)|null} smaller In place of what there is no room for. */
function write(key, value, smaller = null) {
  try {
    if (value === null) {
      localStorage.removeItem(key);
    } else {
      localStorage.setItem(key, JSON.stringify(value));
    }
  } catch {
    // A browser that keeps nothing, or no more: then it lasts as long as the page.
    if (smaller && value !== null) {
      write(key, smaller());
    }
  }
}

/** What is being written. @typedef {{text: string, attachments?: object[]}} Draft */

/** @returns {Draft|null} */
export const draftOf = (id) => read(keyOf('draft', id));

/** @param {Draft|null} draft */
export function keepDraft(id, draft) {
  const isEmpty = !draft || (draft.text === '' && !draft.attachments?.length);
  write(keyOf('draft', id), isEmpty ? null : draft, () => ({ text: draft.text.slice(0, LARGEST) }));
}

/** @param {import('./conversation.js').Unsaved|null} unsaved */
export const keepUnsaved = (id, unsaved) => write(keyOf('unsaved', id), unsaved);

/** @returns {import('./conversation.js').Unsaved|null} */
export function unsavedOf(id) {
  const unsaved = read(keyOf('unsaved', id));
  return Array.isArray(unsaved?.messages) ? unsaved : null;
}

/** What a visitor was asking is still theirs once they have logged in. @param {string} before The owner of the last page. */
export function takeDraftOfVisitor(before) {
  if (before.startsWith('b') && ownerNow().startsWith('u') && !draftOf(null)) {
    keepDraft(null, read(keyOf('draft', null, before)));
    write(keyOf('draft', null, before), null);
  }
}

/** @returns {string|null} The id of a conversation that the cluster has nothing of. */
export function lostConversation() {
  const start = keyOf('unsaved', '');
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(start) && unsavedOf(key.slice(start.length))?.about).map((key) => key.slice(start.length))[0] ?? null;
  } catch {
    // As above.
    return null;
  }
}

export function forgetDrafts(id) {
  keepDraft(id, null);
  keepUnsaved(id, null);
}

export function lastModel() {
  const model = read('freegpt4-model');
  return typeof model === 'string' ? model : 'auto';
}

export function keepModel(model) {
  write('freegpt4-model', model);
}
