import { attempt, reasonOf, toast } from '../frame/toasts.js';
import { element, icon, iconButton } from '../shared/dom.js';
import { confirmed } from '../shared/dialogs.js';
import { hasText, text } from '../shared/strings.js';
import { milliseconds } from '../frame/format.js';

export const keysOf = (settings, provider) => settings.all.find((view) => view.provider === provider && view.kind === 'secret');

/** The keys of a provider, and whether they work. A key that stands here is never shown again. */
export function keysAndTest(name, { session, settings, status, signal }) {
  const path = `/api/settings/providers/${encodeURIComponent(name)}`;
  const outcome = element('p', { className: 'outcome', role: 'status' });
  const test = async (key, button) => {
    button.disabled = true;
    outcome.className = 'outcome';
    outcome.textContent = text('test.running', { name });
    try {
      showTrial(outcome, await session.change('POST', `${path}/test`, key ? { apiKey: key } : {}));
    } catch (failure) {
      showRefusal(outcome, failure);
    }

    button.disabled = false;
  };
  const testStored = element('button', { type: 'button', onclick: () => test(null, testStored) }, text('test.provider', { name }));
  const isThere = () => Boolean(status.find(name)?.kind || keysOf(settings, name)?.secret.isSet);
  if (!keysOf(settings, name)) {
    const showTest = () => {
      testStored.hidden = !isThere();
    };
    status.addEventListener('change', showTest, { signal });
    showTest();
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
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    add.disabled = true;
    try {
      settings.take(await session.change('POST', `${path}/keys`, { key: field.value.trim() }));
      field.value = '';
      outcome.replaceChildren();
      toast(text('key.added'));
    } catch (failure) {
      showRefusal(outcome, failure);
    }

    tryKey.disabled = add.disabled = field.value.trim() === '';
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
    testStored.hidden = !isThere();
    fromEnvironment.hidden = !view.isStored;
    stored.hidden = testStored.hidden && fromEnvironment.hidden;
  };
  settings.addEventListener('change', show, { signal });
  status.addEventListener('change', show, { signal });
  show();
  return element('div', { className: 'keys-panel' }, element('h3', {}, text('keys')), list, form, stored, outcome);
}

function showTrial(place, { provider, outcome, model, latencyMs, message }) {
  const known = `test.${outcome}`;
  const words = text(hasText(known) ? known : 'test.failed', { provider });
  if (outcome === 'ok') {
    showOutcome(place, true, `${words} ${[model, milliseconds(latencyMs)].filter(Boolean).join(' · ')}`);
  } else {
    showOutcome(place, false, words, message);
  }
}

/** Nobody was asked. */
const showRefusal = (place, failure) => (failure.code === 'invalid_settings' ? showOutcome(place, false, text('key.malformed'), failure.message) : showOutcome(place, false, reasonOf(failure)));

function showOutcome(place, isFine, words, reason = '') {
  place.className = `outcome ${isFine ? 'fine' : 'wrong'}`;
  place.replaceChildren(icon(isFine ? 'done' : 'close'), element('span', {}, words, reason ? element('small', {}, reason) : null));
}
