import { ago } from '../frame/format.js';
import { attempt, toast } from '../frame/toasts.js';
import { confirmed, openDialog } from '../shared/dialogs.js';
import { byId, element, icon } from '../shared/dom.js';
import { number, text } from '../shared/strings.js';
import { settingRow } from './row.js';
import { tokensPanel } from './tokens.js';
import { userForm } from './user-form.js';

/** Who may ask, and whether others may. */
export function usersSection({ session, settings, signal }) {
  const list = element('ul', { className: 'entries' });
  const read = () => attempt(async () => {
    const { users } = await session.read('/api/users');
    list.replaceChildren(...users.map(row));
  });
  read();
  const button = element('button', { type: 'button', className: 'primary', onclick: () => create(session, settings, read) }, icon('new'), text('user.new'));
  const row = (user) => element(
    'li',
    { className: 'entry' },
    icon('person'),
    element(
      'div',
      { className: 'entry-words' },
      element('strong', {}, user.name),
      element('span', { className: 'muted' }, [user.lastUsedAt ? text('user.used', { when: ago(user.lastUsedAt) }) : text('user.used.never'), ...limitsOf(user)].join(' · ')),
    ),
    user.role === 'admin' ? element('span', { className: 'badge accent' }, text('role.admin')) : null,
    user.disabled ? element('span', { className: 'badge warn' }, text('disabled')) : null,
    element('div', { className: 'entry-actions' }, element('button', { type: 'button', onclick: () => open(user, session, settings, read), 'aria-label': text('user.edit', { name: user.name }) }, text('edit.short'))),
  );
  return [
    settingRow(settings, 'PRIVATE_MODE', signal),
    element('section', { className: 'setting', 'aria-labelledby': 'users-title' }, element('h2', { id: 'users-title' }, text('users')), element('p', { className: 'muted' }, text('users.hint')), list, element('div', { className: 'actions' }, button)),
  ];
}

const limitsOf = ({ dailyRequests, dailyTokens }) => [
  dailyRequests !== null && text('limit.requests', { n: number(dailyRequests) }),
  dailyTokens !== null && text('limit.tokens', { n: number(dailyTokens) }),
].filter(Boolean);

function create(session, settings, changed) {
  const dialog = openDialog(text('user.new'), [
    userForm(null, settings.find('PROVIDER').choices, async (change) => {
      const user = await session.change('POST', '/api/users', change);
      dialog.close();
      toast(text(change.password ? 'user.made' : 'user.made.bare', { name: user.name }));
      await changed();
    }, () => dialog.close()),
  ], { className: 'roomy' });
}

function open(user, session, settings, changed) {
  const path = `/api/users/${user.id}`;
  const isSelf = user.id === session.user.id;
  const disable = () => attempt(async () => {
    await session.change('PATCH', path, { disabled: !user.disabled });
    dialog.close();
    toast(text(user.disabled ? 'user.enabled' : 'user.disabled', { name: user.name }));
    await changed();
  });
  const remove = async () => {
    if (await confirmed(text('user.delete'), text('user.delete.sure', { name: user.name }), text('user.delete'))) {
      await attempt(async () => {
        await session.change('DELETE', path);
        dialog.close();
        toast(text('user.deleted', { name: user.name }));
        await changed();
        byId('main').focus();
      });
    }
  };
  const dialog = openDialog(user.name, [
    userForm(user, settings.find('PROVIDER').choices, async (change) => {
      await session.change('PATCH', path, change);
      dialog.close();
      toast(text('user.changed', { name: user.name }));
      if (isSelf) {
        await session.refresh();
        byId('who').textContent = session.user.name;
        if (!session.isAdmin) {
          location.reload();
          return;
        }
      }

      await changed();
    }, () => dialog.close()),
    element('h3', {}, text('tokens')),
    tokensPanel(session, `${path}/tokens`),
    ...(isSelf ? [] : [
      element('h3', {}, text('user.end')),
      element('div', { className: 'actions' }, element('button', { type: 'button', onclick: disable }, text(user.disabled ? 'user.enable' : 'user.disable')), element('button', { type: 'button', className: 'danger', onclick: remove }, text('user.delete'))),
    ]),
  ], { className: 'roomy' });
}
