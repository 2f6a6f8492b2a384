import { hasText, text } from '../shared/strings.js';

/** Why a provider is not asked now, as a sentence of the page's language where it has one. @param {object} provider As `/status` tells of it. */
export function whyNot({ reason, reasonCode, reasonSetting }) {
  const known = `reason.${reasonCode}`;
  return hasText(known) ? text(known, { setting: reasonSetting }) : asSentence(reason);
}

/** What the API says in English, to be read after the provider's name. @param {string} words */
export const asSentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
