import { reasonOf } from '../frame/toasts.js';
import { element, icon } from '../shared/dom.js';
import { text } from '../shared/strings.js';

/**
 * What an admin may say about a user; what is not changed is not sent.
 * @param {object|null} user `null` for a new one.
 * @param {string[]} providers
 * @param {(change: object) => Promise<void>} save
 * @param {() => void} cancel
 */
export function userForm(user, providers, save, cancel) {
  const name = element('input', { value: user?.name ?? '', required: true, minLength: 3, maxLength: 50, pattern: '[A-Za-z0-9_.\\-]+', title: text('user.name.allowed'), autocomplete: 'off', autocapitalize: 'none', spellcheck: false });
  const password = element('input', { type: 'password', autocomplete: 'new-password', minLength: 8, maxLength: 256 });
  const role = element('select', {}, ...['user', 'admin'].map((one) => element('option', { value: one, selected: one === (user?.role ?? 'user') }, text(`role.${one}`))));
  const limit = (value) => element('input', { type: 'number', min: 0, step: 1, inputMode: 'numeric', value: value ?? '', placeholder: text('limit.none') });
  const [requests, tokens] = [limit(user?.dailyRequests), limit(user?.dailyTokens)];
  const own = ownFields(user, providers);
  const problem = element('p', { className: 'error-text', role: 'alert' });
  const form = element(
    'form',
    {},
    element('div', { className: 'fields' }, field(text('user.name'), name), field(text('role'), role)),
    field(text(user ? 'password.reset' : 'password'), password, text(user ? 'password.reset.hint' : 'password.hint')),
    element('div', { className: 'fields' }, field(text('limit.dailyrequests'), requests), field(text('limit.dailytokens'), tokens)),
    element('details', { className: 'more' }, element('summary', {}, text('user.own'), icon('down')), ...own.fields),
    problem,
    element('div', { className: 'dialog-foot' }, element('button', { type: 'button', onclick: cancel }, text('cancel')), element('button', { className: 'primary' }, text('save'))),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const count = ({ value }) => (value === '' ? null : Number(value));
    const wanted = { name: name.value.trim(), role: role.value, dailyRequests: count(requests), dailyTokens: count(tokens), ...own.read() };
    const change = changesIn(wanted, user);
    try {
      await save(password.value ? { ...change, password: password.value } : change);
    } catch (failure) {
      problem.textContent = reasonOf(failure);
    }
  });
  return form;
}

/** What is not changed is not sent: meanwhile somebody else may have changed it. */
export const changesIn = (wanted, user) => Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== (user?.[key] ?? null)));

/** What is a user's own in place of the cluster's settings. */
export function ownFields(user, providers) {
  const provider = element('select', {}, element('option', { value: '' }, text('as.cluster')), ...providers.filter((one) => one !== 'Auto').map((one) => element('option', { value: one, selected: one === user?.provider }, one)));
  const model = element('input', { value: user?.model ?? '', maxLength: 256, placeholder: text('as.cluster'), autocomplete: 'off', spellcheck: false });
  const prompt = element('textarea', { rows: 3, maxLength: 10_000, dir: 'auto', value: user?.systemPrompt ?? '', placeholder: text('as.cluster') });
  const history = element('select', {}, ...[['', 'as.cluster'], ['true', 'yes'], ['false', 'no']].map(([value, words]) => element('option', { value, selected: value === String(user?.history ?? '') }, text(words))));
  return {
    fields: [
      element('div', { className: 'fields' }, field(text('own.provider'), provider), field(text('own.model'), model)),
      field(text('own.prompt'), prompt),
      field(text('own.history'), history),
    ],
    read: () => ({
      provider: provider.value || null,
      model: model.value.trim() || null,
      systemPrompt: prompt.value.trim() || null,
      history: history.value === '' ? null : history.value === 'true',
    }),
  };
}

const field = (label, control, hint) => element('label', { className: 'field' }, label, control, hint ? element('span', { className: 'muted' }, hint) : null);
