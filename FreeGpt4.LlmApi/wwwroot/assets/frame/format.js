import { hasText, language, number, text } from '../shared/strings.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const moment = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });

/** @param {string|null} date ISO 8601 */
export const when = (date) => moment.format(new Date(date));

/** As in "2 hours ago". @param {string|Date} date */
export function ago(date) {
  const seconds = (new Date(date) - Date.now()) / 1000;
  const [unit, length] = [['day', DAY], ['hour', HOUR], ['minute', MINUTE]].find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return relative.format(Math.round(seconds / length), unit);
}

/** @param {number} seconds */
export function duration(seconds) {
  const unit = (value, name) => new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 0 }).format(value);
  return seconds >= DAY ? `${unit(Math.floor(seconds / DAY), 'day')} ${unit(Math.floor(seconds % DAY / HOUR), 'hour')}`
    : seconds >= HOUR ? `${unit(Math.floor(seconds / HOUR), 'hour')} ${unit(Math.floor(seconds % HOUR / MINUTE), 'minute')}`
      : seconds >= MINUTE ? unit(Math.floor(seconds / MINUTE), 'minute') : unit(Math.floor(seconds), 'second');
}

/** @param {number} ms */
export const milliseconds = (ms) => (ms < 1000 ? text('time.milliseconds', { n: Math.round(ms) }) : text('time.seconds', { n: number(ms / 1000, 1) }));

/** @param {number} bytes */
export const megabytes = (bytes) => text('megabytes', { n: number(bytes / (1 << 20)) });

/** Why a provider is not asked now, as a sentence of the page's language where it has one. @param {object} provider As `/status` tells of it. */
export const whyNot = ({ reason, reasonCode, reasonSetting }) => (hasText(`reason.${reasonCode}`) ? text(`reason.${reasonCode}`, { setting: reasonSetting }) : asSentence(reason));

/** What the API says in English, to be read after the provider's name. @param {string} words */
export const asSentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
