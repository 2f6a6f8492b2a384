import { attempt, reasonOf, toast } from '../frame/toasts.js';
import { element } from '../shared/dom.js';
import { language, number, text } from '../shared/strings.js';
import { milliseconds } from '../frame/format.js';
import { tokensPanel } from './tokens.js';
import { changesIn, ownFields } from './user-form.js';

/** What is one's own: answers, password, tokens, and what one has used. */
export function accountSection({ session, status }) {
  return [
    panel('own', ownForm(session, status.providers.map((one) => one.name))),
    panel('password.change', passwordForm(session)),
    panel('tokens', tokensPanel(session, '/api/me/tokens')),
    panel('usage', usage(session)),
    element('div', { className: 'setting' }, element('div', { className: 'actions' }, element('button', { type: 'button', onclick: () => attempt(() => session.logOut()) }, text('logout')))),
  ];
}

const panel = (name, ...content) => element('section', { className: 'setting', 'aria-labelledby': `${name}-title` }, element('h2', { id: `${name}-title` }, text(name)), element('p', { className: 'muted' }, text(`${name}.about`)), ...content);

function ownForm(session, providers) {
  const own = ownFields(session.user, providers);
  const form = element('form', { className: 'narrow' }, ...own.fields, element('div', { className: 'actions' }, element('button', { className: 'primary' }, text('save'))));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(async () => {
      await session.change('PATCH', '/api/me', changesIn(own.read(), session.user));
      await session.refresh();
      toast(text('saved'));
    });
  });
  return form;
}

function passwordForm(session) {
  const [current, next] = ['current-password', 'new-password'].map((autocomplete) => element('input', { type: 'password', autocomplete, required: true, minLength: autocomplete === 'new-password' ? 8 : null, maxLength: 256 }));
  const name = element('input', { value: session.user.name, autocomplete: 'username', hidden: true, readOnly: true });
  const problem = element('p', { className: 'error-text', role: 'alert' });
  const form = element(
    'form',
    { className: 'narrow' },
    name,
    element('div', { className: 'fields' }, element('label', { className: 'field' }, text('password.current'), current), element('label', { className: 'field' }, text('password.new'), next)),
    problem,
    element('div', { className: 'actions' }, element('button', { className: 'primary' }, text('password.change'))),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    try {
      await session.change('POST', '/api/me/password', { currentPassword: current.value, newPassword: next.value });
      await session.refresh();
      form.reset();
      toast(text('password.changed'));
    } catch (failure) {
      problem.textContent = failure.code === 'invalid_credentials' ? text('password.wrong') : reasonOf(failure);
    }
  });
  return form;
}

function usage(session) {
  const place = element('div', { className: 'usage' });
  attempt(async () => {
    const mine = `user=${session.user.id}`;
    const { total, groups } = await session.read(`/api/usage?${mine}`);
    const figure = (name, value) => element('div', { className: 'figure' }, element('dt', {}, text(name)), element('dd', {}, value));
    const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
    place.append(element(
      'dl',
      { className: 'figures' },
      figure('usage.requests', number(total.requests)),
      figure('usage.tokens', number(total.totalTokens)),
      figure('usage.failures', number(total.failures)),
      figure('usage.first', total.averageFirstToken === null ? '–' : milliseconds(total.averageFirstToken)),
    ));
    if (groups.length > 0) {
      const heads = ['usage.day', 'usage.requests', 'usage.tokens', 'usage.failures'];
      place.append(element(
        'div',
        { className: 'table', tabIndex: 0, role: 'region', 'aria-label': text('usage') },
        element(
          'table',
          {},
          element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, text(head))))),
          element('tbody', {}, ...groups.toReversed().map((one) => element('tr', {}, element('th', { scope: 'row' }, day.format(new Date(one.key))), ...[one.requests, one.totalTokens, one.failures].map((value) => element('td', {}, number(value)))))),
        ),
      ));
    }
  });
  return place;
}
