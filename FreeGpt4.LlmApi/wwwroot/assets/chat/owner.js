import { ApiError, askJson } from '../shared/api.js';

// Of the last page; until the list says whose it is.
const KEY = 'freegpt4-owner';

/** Whose conversations this page has: a user's, or this browser's when nobody has logged in. */
let owner = null;

try {
  owner = localStorage.getItem(KEY);
} catch {
  // A browser that keeps nothing.
}

let isTold = false;

export const ownerNow = () => owner ?? 'nobody';

/**
 * Takes what the list of conversations says.
 * @returns {string|null} The owner of the last page, when that was another one.
 * @throws {ApiError} Somebody else has logged in since the page was opened.
 */
export function takeOwner(told) {
  if (isTold && told !== owner) {
    throw new ApiError(409, { message: 'Somebody else has logged in.', code: 'owner_changed' });
  }

  const before = owner === told ? null : owner;
  [owner, isTold] = [told, true];
  try {
    localStorage.setItem(KEY, told);
  } catch {
    // As above.
  }

  return before;
}

/** Asks for conversations as whose the page has. @throws {ApiError} `owner_changed` when that is nobody's any more who is logged in. */
export const askAsOwner = (path, options = {}) => askJson(path, { ...options, headers: isTold ? { 'x-freegpt4-owner': owner } : {} });
