import { hasText, number, text } from '../shared/strings.js';

/** What settings are called, for people. Those of providers are called by what follows the name of the provider. */

const OF_PROVIDERS = [
  'API_KEY', 'BASE_URL', 'ACCOUNT_ID', 'MODELS', 'CONNECT_TIMEOUT', 'FIRST_TOKEN_TIMEOUT', 'INTER_TOKEN_TIMEOUT', 'ANSWER_TIMEOUT',
  'REQUESTS_PER_MINUTE', 'REQUESTS_PER_HOUR', 'REQUESTS_PER_DAY',
];

/** What is stored of a value, as the cluster has it. */
export const LONGEST = 1 << 16;

/** The part of a name that says what it is. */
export const partOf = ({ name, provider }) => (provider && OF_PROVIDERS.find((part) => name.endsWith(`_${part}`))) || name;

const keyOf = (view) => `setting.${partOf(view).toLowerCase()}`;

export const labelOf = (view) => (hasText(keyOf(view)) ? text(keyOf(view)) : view.name);

export const hintOf = (view) => (hasText(`${keyOf(view)}.hint`) ? text(`${keyOf(view)}.hint`) : '');

/** What may be written; in the cluster's own words where the page has none. */
export function allowedWords(view) {
  const named = `${keyOf(view)}.allowed`;
  const ofKind = `allowed.${view.kind}`;
  const words = hasText(named) ? text(named) : hasText(ofKind) ? text(ofKind, { limit: number(LONGEST) }) : text('allowed', { what: view.allowed });
  return view.default && !view.secret && view.kind !== 'longText' ? `${words} ${text('allowed.default', { value: view.default })}` : words;
}

/** A value as the page says it. */
export const valueWords = ({ kind }, value) => (kind === 'flag' ? text(value.toLowerCase() === 'true' ? 'yes' : 'no') : value);
