import { whyNot } from '../frame/format.js';
import { element, icon } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { stateBadge } from './chain.js';
import { keysAndTest, keysOf } from './keys.js';
import { settingRow } from './row.js';
import { partOf } from './words.js';

/** Everybody who can be asked: those that are set up first. */
export function providersSection({ session, settings, status, signal }) {
  const names = [...new Set(settings.all.map((view) => view.provider).filter(Boolean))];
  const cards = new Map(names.map((name) => [name, card(name, { session, settings, status, signal })]));
  const title = (words) => element('h2', { className: 'group-title' }, words);
  const [setUp, others] = [title(text('providers.setup')), title(text('providers.others'))];
  const place = element('div', { className: 'providers' });
  const show = () => {
    const isSetUp = (name) => isReady(name, settings, status);
    const group = (head, members) => (members.length === 0 ? [] : [head, ...members.map((name) => cards.get(name))]);
    arrange(place, [...group(setUp, names.filter(isSetUp)), ...group(others, names.filter((name) => !isSetUp(name)))]);
  };
  settings.addEventListener('change', show, { signal });
  status.addEventListener('change', show, { signal });
  show();
  return [element('p', { className: 'lead muted' }, text('providers.hint')), place];
}

/** Whoever is in use stays where it is, in the document and on the screen; the others go round it. */
function arrange(place, wanted) {
  const now = [...place.children];
  if (now.length === wanted.length && now.every((one, index) => one === wanted[index])) {
    return;
  }

  const kept = now.find((one) => one.contains(document.activeElement)) ?? now.find((one) => one.open && one.getBoundingClientRect().bottom > 0);
  if (!kept) {
    place.replaceChildren(...wanted);
    return;
  }

  const before = kept.getBoundingClientRect().top;
  const at = wanted.indexOf(kept);
  now.filter((one) => one !== kept).forEach((one) => one.remove());
  kept.before(...wanted.slice(0, at));
  kept.after(...wanted.slice(at + 1));
  scrollBy(0, kept.getBoundingClientRect().top - before);
}

const addressOf = (settings, provider) => settings.all.find((view) => view.provider === provider && partOf(view) === 'BASE_URL');

/** Whether somebody has done what there is to do. A server on this machine has an address anyway. */
function isReady(name, settings, status) {
  const { usable, position, kind } = status.find(name) ?? {};
  const address = addressOf(settings, name);
  return Boolean(usable || position || keysOf(settings, name)?.secret.isSet || (kind === 'local' && address.source !== 'default') || (kind && !address.default));
}

/** What has to be filled in besides a key, or in place of one. */
function essentialsOf(name, settings, status) {
  const address = addressOf(settings, name);
  const ofProvider = (isWanted) => settings.all.filter((view) => view.provider === name && isWanted(view));
  if (!address.default) {
    return [address, ...ofProvider((view) => partOf(view) === 'MODELS')];
  }

  const words = [...address.default.matchAll(/\{(\w+)\}/g)].map(([, word]) => `_${word.toUpperCase()}`);
  return [
    ...(status.find(name)?.kind === 'local' || !keysOf(settings, name) ? [address] : []),
    ...ofProvider((view) => words.some((word) => view.name.endsWith(word))),
  ];
}

function card(name, { session, settings, status, signal }) {
  const count = element('span', { className: 'muted' });
  const badge = element('span', { className: 'badge' });
  const reason = element('p', { className: 'muted' });
  const body = element('div', { className: 'provider-body' });
  const details = element(
    'details',
    { className: 'provider' },
    element('summary', {}, element('span', { className: 'provider-name' }, name), count, badge, icon('down')),
    body,
  );
  const essentials = essentialsOf(name, settings, status);
  const rest = settings.all.filter((view) => view.provider === name && view.kind !== 'secret' && !essentials.includes(view));
  const show = () => {
    const keys = keysOf(settings, name);
    const told = status.find(name) ?? { name };
    count.textContent = keys?.secret.isSet ? text('keys.number', { count: keys.secret.count }) : '';
    const { className, textContent } = stateBadge(told);
    Object.assign(badge, { className, textContent });
    reason.textContent = wordsFor(told, essentials, addressOf(settings, name));
    reason.hidden = reason.textContent === '';
  };
  settings.addEventListener('change', show, { signal });
  status.addEventListener('change', show, { signal });
  show();

  // Most are never opened.
  details.addEventListener('toggle', () => {
    if (body.childElementCount === 0) {
      const note = status.find(name)?.promptNote;
      const rows = (views) => views.map((view) => settingRow(settings, view.name, signal));
      body.append(
        reason,
        ...(note ? [element('p', { className: 'muted' }, note)] : []),
        ...rows(essentials),
        keysAndTest(name, { session, settings, status, signal }),
        element('details', { className: 'more' }, element('summary', {}, text(essentials.length > 0 ? 'provider.rest' : 'provider.more'), icon('down')), ...rows(rest)),
      );
    }
  });
  return details;
}

/** What there is to do, or why it is not asked. @param {object} told As `/status` tells of it; of who is not set up only the name. */
function wordsFor(told, essentials, address) {
  if (!told.kind) {
    return !address.default ? text('setup.address') : text(essentials.length > 0 ? 'setup.keyandmore' : 'setup.key');
  }

  // A server that does not run may have to be looked for elsewhere.
  return told.usable || !told.reason ? '' : told.reasonCode === 'not_running' ? text('setup.local') : whyNot(told);
}
