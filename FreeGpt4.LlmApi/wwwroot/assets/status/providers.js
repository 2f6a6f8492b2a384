import { ago, duration, milliseconds } from '../frame/format.js';
import { byId, element, icon } from '../shared/dom.js';
import { number, text } from '../shared/strings.js';
import { card } from './card.js';

const KNOWN_WINDOWS = ['minute', 'hour', 'day'];

/** Those who can be asked, in their order; the others are behind a line. @param {object[]} providers */
export function showProviders(providers) {
  const place = byId('providers');
  // Strangers, who are not told a position, are told of no others.
  const isSetUp = (one) => one.usable || one.position === undefined || one.position > 0 || one.keys > 0;
  const others = providers.filter((one) => !isSetUp(one));
  const wasOpen = place.querySelector('details')?.open ?? false;
  byId('providers-part').hidden = providers.length === 0;
  place.replaceChildren(
    element('ul', { className: 'cards' }, ...providers.filter(isSetUp).map(show)),
    ...(others.length > 0 ? [element(
      'details',
      { className: 'unused', open: wasOpen },
      element('summary', {}, text('unused', { count: others.length }), icon('down')),
      element('dl', {}, ...others.flatMap(({ name, reason }) => [element('dt', {}, name), element('dd', {}, reason)])),
    )] : []),
  );
}

function show(provider) {
  const { name, kind, usable, position, reason, latencyMs, lastSuccess, retryAfterSeconds, coolDownUntil, models, limits } = provider;
  // A server on this machine that nobody runs is no failure.
  const state = coolDownUntil ? 'cooling' : !usable ? (kind === 'local' ? 'absent' : 'failing') : position === null ? 'idle' : 'usable';
  const facts = [
    position > 0 && text('position', { position }),
    models > 0 && text('models.number', { count: models }),
    lastSuccess && text('latency', { time: milliseconds(latencyMs), when: ago(lastSuccess) }),
    ...(limits ?? []).map(({ per, limit, left }) => text('left', { left: number(left), limit: number(limit), per: text(KNOWN_WINDOWS.includes(per) ? `per.${per}` : 'per.told') })),
  ].filter(Boolean);
  return card(
    element('h3', {}, name),
    { look: { usable: 'good', cooling: 'warn', failing: 'bad' }[state] ?? '', words: text(`state.${state}`) },
    coolDownUntil ? element('p', { className: 'cooldown' }, text('cooldown', { time: duration(retryAfterSeconds) })) : null,
    reason ? element('p', { className: 'muted' }, reason) : null,
    facts.length > 0 ? element('ul', { className: 'facts' }, ...facts.map((fact) => element('li', {}, fact))) : null,
  );
}
