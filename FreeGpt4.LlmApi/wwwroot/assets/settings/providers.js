import { attempt, toast } from '../frame/toasts.js';
import { element, icon, iconButton } from '../shared/dom.js';
import { confirmed } from '../shared/dialogs.js';
import { hasText, text } from '../shared/strings.js';
import { milliseconds } from '../frame/format.js';
import { stateBadge } from './chain.js';
import { settingRow } from './row.js';

/** Everybody who can be asked: those that are set up first. */
export function providersSection({ session, settings, status, signal }) {
  const names = [...new Set(settings.all.map((view) => view.provider).filter(Boolean))];
  const known = names.map((name) => ({ name, ...status.providers.find((one) => one.name === name) }));
  const isSetUp = ({ name, position, usable }) => Boolean(usable || position || keysOf(settings, name)?.secret.isSet);
  const group = (title, providers) => (providers.length === 0 ? [] : [
    element('h2', { className: 'group-title' }, title),
    ...providers.map((provider) => card(provider, { session, settings, signal })),
  ]);
  return [
    element('p', { className: 'lead muted' }, text('providers.hint')),
    ...group(text('providers.setup'), known.filter(isSetUp)),
    ...group(text('providers.others'), known.filter((provider) => !isSetUp(provider))),
  ];
}

const keysOf = (settings, provider) => settings.all.find((view) => view.provider === provider && view.kind === 'secret');

function card(provider, { session, settings, signal }) {
  const { name } = provider;
  const count = element('span', { className: 'muted' });
  const rest = settings.all.filter((view) => view.provider === name && view.kind !== 'secret');
  const body = element('div', { className: 'provider-body' });
  const details = element(
    'details',
    { className: 'provider' },
    element('summary', {}, element('span', { className: 'provider-name' }, name), count, stateBadge(provider), icon('down')),
    body,
  );
  const showCount = () => {
    const view = keysOf(settings, name);
    count.textContent = view?.secret.isSet ? text('keys.number', { count: view.secret.count }) : '';
  };
  settings.addEventListener('change', showCount, { signal });
  showCount();

  // Most are never opened.
  details.addEventListener('toggle', () => {
    if (body.childElementCount === 0) {
      body.append(
        ...[provider.reason && !provider.usable ? element('p', { className: 'muted' }, text('provider.reason', { reason: provider.reason })) : null, provider.promptNote ? element('p', { className: 'muted' }, provider.promptNote) : null].filter(Boolean),
        keysAndTest(name, { session, settings, signal }),
        element('details', { className: 'more' }, element('summary', {}, text('provider.more'), icon('down')), ...rest.map((view) => settingRow(settings, view.name, signal))),
      );
    }
  });
  return details;
}

/** The keys of a provider, and whether they work. A key that stands here is never shown again. */
function keysAndTest(name, { session, settings, signal }) {
  const path = `/api/settings/providers/${encodeURIComponent(name)}`;
  const outcome = element('p', { className: 'outcome', role: 'status' });
  const test = async (key, button) => {
    button.disabled = true;
    outcome.className = 'outcome';
    outcome.textContent = text('test.running', { name });
    const done = await attempt(async () => showOutcome(outcome, await session.change('POST', `${path}/test`, key ? { apiKey: key } : {})));
    button.disabled = false;
    if (!done) {
      outcome.textContent = '';
    }
  };
  const testStored = element('button', { type: 'button', onclick: () => test(null, testStored) }, text('test.provider', { name }));
  if (!keysOf(settings, name)) {
    return element('div', { className: 'keys-panel' }, element('div', { className: 'actions' }, testStored), outcome);
  }

  const list = element('ul', { className: 'key-list' });
  const field = element('input', { type: 'password', autocomplete: 'off', spellcheck: false, autocapitalize: 'none' });
  const fromEnvironment = element('button', { type: 'button', className: 'link', onclick: () => attempt(async () => settings.take(await session.change('PUT', '/api/settings', { [keysOf(settings, name).name]: null }))) }, text('keys.reset'));
  const tryKey = element('button', { type: 'button', disabled: true, onclick: () => test(field.value.trim(), tryKey) }, text('key.test'));
  const add = element('button', { className: 'primary', disabled: true }, text('key.add'));
  field.addEventListener('input', () => {
    tryKey.disabled = add.disabled = field.value.trim() === '';
  });
  const remove = async (position, ends) => {
    if (await confirmed(text('key.remove'), text('key.remove.sure', { ends, name }), text('key.remove'))) {
      await attempt(async () => {
        settings.take(await session.change('DELETE', `${path}/keys/${position}?${new URLSearchParams({ ends })}`));
        toast(text('key.removed'));
        field.focus();
      });
    }
  };
  const form = element('form', { className: 'key-form' }, element('label', { className: 'field' }, text('key.new', { name }), field), element('div', { className: 'actions' }, tryKey, add));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(async () => {
      settings.take(await session.change('POST', `${path}/keys`, { key: field.value.trim() }));
      field.value = '';
      tryKey.disabled = add.disabled = true;
      toast(text('key.added'));
    });
  });
  const stored = element('div', { className: 'actions' }, testStored, fromEnvironment);
  const show = () => {
    const view = keysOf(settings, name);
    list.replaceChildren(...view.secret.hints.map((ends, position) => element(
      'li',
      {},
      icon('key'),
      element('span', { className: 'mono' }, ends),
      element('span', { className: 'badge' }, text(`source.${view.source}`)),
      iconButton('trash', text('key.remove.named', { ends }), () => remove(position, ends)),
    )));
    testStored.hidden = !view.secret.isSet;
    fromEnvironment.hidden = !view.isStored;
    stored.hidden = testStored.hidden && fromEnvironment.hidden;
  };
  settings.addEventListener('change', show, { signal });
  show();
  return element('div', { className: 'keys-panel' }, element('h3', {}, text('keys')), list, form, stored, outcome);
}

function showOutcome(place, { provider, outcome, model, latencyMs, message }) {
  const isFine = outcome === 'ok';
  place.className = `outcome ${isFine ? 'fine' : 'wrong'}`;
  const known = `test.${outcome}`;
  const words = text(hasText(known) ? known : 'test.failed', { provider });
  place.replaceChildren(
    icon(isFine ? 'done' : 'close'),
    element('span', {}, isFine ? `${words} ${[model, milliseconds(latencyMs)].filter(Boolean).join(' · ')}` : words, isFine ? null : element('small', {}, message)),
  );
}
