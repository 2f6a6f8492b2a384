import { ago, duration, megabytes } from '../frame/format.js';
import { byId, element } from '../shared/dom.js';
import { hasText, text } from '../shared/strings.js';
import { card } from './card.js';

/** @param {{replicas?: object[]}} status Without replicas for who may not see them. */
export function showReplicas({ replicas }) {
  byId('replicas-part').hidden = !replicas;
  byId('replicas').replaceChildren(element('ul', { className: 'cards' }, ...(replicas ?? []).map(show)));
}

function show({ id, version, health, uptimeSeconds, memory, seen }) {
  const named = `health.${health.toLowerCase()}`;
  const fact = (name, value) => element('div', {}, element('dt', {}, text(name)), element('dd', {}, value));
  return card(
    element('h3', { className: 'mono' }, id),
    { look: { Healthy: 'good', Degraded: 'warn' }[health] ?? 'bad', words: hasText(named) ? text(named) : health },
    element(
      'dl',
      { className: 'pairs' },
      fact('replica.uptime', duration(uptimeSeconds)),
      fact('replica.memory', megabytes(memory)),
      fact('replica.version', version),
      fact('replica.seen', ago(seen)),
    ),
  );
}
