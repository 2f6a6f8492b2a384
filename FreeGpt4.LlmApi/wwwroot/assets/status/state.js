import { when } from '../frame/format.js';
import { byId } from '../shared/dom.js';
import { number, text } from '../shared/strings.js';

/** At a glance: whether it works, and if not, why. @param {object|null} status `null` when nobody says. */
export function showState(status) {
  const [state, title, about] = status ? stateOf(status) : ['none', text('status.lost'), text('status.lost.do')];
  byId('state').dataset.state = state;
  byId('state-about').textContent = about;
  const head = byId('state-title');
  if (head.textContent !== title) {
    head.textContent = title;
    byId('announcement').textContent = title;
  }
}

function stateOf({ providers, replicas, state, usage }) {
  const usable = providers.filter((one) => one.usable && one.position !== null);
  const words = [text('glance.providers', { count: usable.length })];
  if (replicas) {
    words.push(text('glance.replicas', { count: replicas.length }));
    words.push(state.answers ? text('glance.database') : text('glance.database.lost', { when: when(state.lostSince) }));
    if (usage.dropped > 0) {
      words.push(text('usage.dropped', { n: number(usage.dropped) }));
    }
  } else {
    words.push(text('brief'));
  }

  if (usable.length === 0) {
    return ['none', text('status.none'), replicas ? text('status.none.do') : text('brief')];
  }

  const isFine = replicas
    ? state.answers && replicas.every((one) => one.health === 'Healthy') && !providers.some((one) => one.coolDownUntil && one.position)
    : usable.length === providers.length;
  return isFine ? ['fine', text('status.fine'), words.join(' · ')] : ['part', text('status.part'), words.join(' · ')];
}
