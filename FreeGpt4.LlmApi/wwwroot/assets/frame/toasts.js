import { byId, element, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';

const USUAL = 5;

/**
 * Tells something in passing. What went wrong stays until the next word, or until it was read.
 * @param {string} words
 * @param {{isProblem?: boolean, seconds?: number}} [options]
 */
export function toast(words, { isProblem = false, seconds = USUAL } = {}) {
  // What is outside an open dialog nobody reaches.
  const place = [...document.querySelectorAll('dialog[open] .dialog-body')].at(-1) ?? byId('toasts');
  const told = element('p', { className: isProblem ? 'toast problem' : 'toast', role: isProblem ? 'alert' : 'status' }, element('span', {}, words), isProblem ? iconButton('close', text('close'), () => told.remove()) : null);
  document.querySelector('.toast')?.remove();
  place.append(told);
  if (!isProblem) {
    setTimeout(() => told.remove(), seconds * 1000);
  }
}

/** For who does not see it. */
export function announce(words) {
  byId('announcement').textContent = words;
}

/** What went wrong, for people. @param {Error} failure */
export function reasonOf(failure) {
  return failure.status === 0 ? text('failed.connection')
    : failure.status >= 500 ? text('failed.cluster', { reason: failure.message })
      : failure.message;
}

/** Does something that somebody has asked for; says what goes wrong. @param {() => Promise<void>} act */
export async function attempt(act) {
  try {
    await act();
    return true;
  } catch (failure) {
    toast(reasonOf(failure), { isProblem: true });
    return false;
  }
}
