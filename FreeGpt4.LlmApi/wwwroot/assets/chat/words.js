import { number, text } from '../shared/strings.js';

/** What went wrong, and what to do, for people. */

const BY_CODE = {
  broken_off: 'broken',
  daily_limit_reached: 'daily',
  model_not_found: 'model',
  no_connection: 'network',
  no_provider_answered: 'nobody',
  conversation_too_long: 'large',
};

const BY_STATUS = { 401: 'auth', 403: 'request', 404: 'model', 413: 'large', 429: 'limit', 502: 'server', 504: 'server', 507: 'large' };

/**
 * @param {import('../shared/api.js').ApiError} failure
 * @returns {{kind: string, title: string, advice: string, exact: string}}
 */
export function explain(failure) {
  const kind = failure.isPartial ? 'broken' : (BY_CODE[failure.code] ?? BY_STATUS[failure.status] ?? (failure.status >= 500 || failure.status === undefined ? 'server' : 'request'));
  const wait = kind === 'limit' && failure.retryAfter ? ` ${text('error.limit.seconds', { seconds: number(failure.retryAfter) })}` : '';
  const id = failure.requestId ? `\n${text('error.id', { id: failure.requestId })}` : '';
  return { kind, title: text(`error.${kind}`), advice: text(`error.${kind}.do`) + wait, exact: failure.message + id };
}

/** Who answered and how, in a line. @param {object|null} details As they are kept with an answer. */
export function routeWords(details) {
  const { provider, model, fallbacks, completionTokens, firstMs, isEstimated } = details ?? {};
  return [
    provider && (model ? text('answer.by', { provider, model }) : provider),
    fallbacks > 0 && text('answer.fallbacks', { count: fallbacks }),
    completionTokens >= 0 && (isEstimated ? '≈ ' : '') + text('answer.tokens', { count: completionTokens }),
    firstMs >= 0 && text('answer.first', { time: duration(firstMs) }),
    details?.stopped && text('answer.stopped'),
    details?.broken && text('answer.broken'),
  ].filter(Boolean);
}

/** What is to be said below an answer that did not end by itself; `null` for most. */
export const endWords = (details) => ({ length: text('answer.length'), content_filter: text('answer.filtered') })[details?.finish] ?? null;

const duration = (ms) => (ms < 1000 ? text('time.milliseconds', { n: ms }) : text('time.seconds', { n: number(ms / 1000, 1) }));
