import { ago, asSentence, duration, milliseconds, whyNot } from '../frame/format.js';
import { byId, element, icon } from '../shared/dom.js';
import { number, text } from '../shared/strings.js';
import { card } from './card.js';

const KNOWN_WINDOWS = ['minute', 'hour', 'day'];

/** Those who can be asked, in their order; the others are behind a line. @param {object[]} providers */
export function showProviders(providers) {
  const place = byId('providers');
  const isSetUp = (one) => one.reasonCode !== 'not_set_up';
  const others = providers.filter((one) => !isSetUp(one));
  byId('providers-part').hidden = providers.length === 0;
  keepingWhatIsOpen(place, () => place.replaceChildren(
    element('ul', { className: 'cards' }, ...providers.filter(isSetUp).map(show)),
    ...(others.length > 0 ? [element(
      'details',
      { className: 'unused' },
      element('summary', {}, text('unused', { count: others.length }), icon('down')),
      element('dl', {}, ...others.flatMap((one) => [element('dt', {}, one.name), element('dd', {}, whyNot(one))])),
    )] : []),
  ));
}

/** What somebody has opened stays open, and keeps the focus, though it is made anew. */
function keepingWhatIsOpen(place, renew) {
  const details = () => [...place.querySelectorAll('details')];
  const nameOf = (one) => one.dataset.provider ?? '';
  const open = details().filter((one) => one.open).map(nameOf);
  const focused = details().find((one) => one.contains(document.activeElement));
  renew();
  for (const one of details()) {
    one.open = open.includes(nameOf(one));
    if (focused && nameOf(one) === nameOf(focused)) {
      one.querySelector('summary').focus({ preventScroll: true });
    }
  }
}

function show(provider) {
  const { name, position, reason, latencyMs, lastSuccess, retryAfterSeconds, coolDownUntil, models, limits } = provider;
  const state = stateOf(provider);
  const facts = [
    position > 0 && text('position', { position }),
    models > 0 && text('models.number', { count: models }),
    lastSuccess && text('latency', { time: milliseconds(latencyMs), when: ago(lastSuccess) }),
    ...(limits ?? []).map(({ per, limit, left }) => text('left', { left: number(left), limit: number(limit), per: text(KNOWN_WINDOWS.includes(per) ? `per.${per}` : 'per.told') })),
  ].filter(Boolean);
  return card(
    element('h3', {}, name),
    { look: { usable: 'good', cooling: 'warn' }[state] ?? '', words: text(`state.${state}`) },
    coolDownUntil ? element('p', { className: 'cooldown' }, text('cooldown', { time: duration(retryAfterSeconds) })) : null,
    reason ? element('p', { className: 'muted' }, whyNot(provider)) : null,
    facts.length > 0 ? element('ul', { className: 'facts' }, ...facts.map((fact) => element('li', {}, fact))) : null,
    // Only what the provider has done has more to it than a sentence says.
    coolDownUntil && reason ? element(
      'details',
      { 'data-provider': name },
      element('summary', {}, text('details'), icon('down')),
      element('p', { className: 'muted', lang: 'en' }, asSentence(reason)),
    ) : null,
  );
}

// What nobody has set up and nobody can reach is no failure.
function stateOf({ kind, usable, position, reasonCode, coolDownUntil }) {
  if (usable) {
    return position === null ? 'idle' : 'usable';
  }

  // Strangers, who are not told a position, are told of no others.
  return coolDownUntil || position === undefined ? 'cooling' : reasonCode === 'no_model' ? 'modelless' : kind === 'local' ? 'absent' : 'failing';
}
