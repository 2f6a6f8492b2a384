import { ago, when } from '../frame/format.js';
import { attempt, toast } from '../frame/toasts.js';
import { copy } from '../shared/clipboard.js';
import { confirmed, openDialog, written } from '../shared/dialogs.js';
import { element, icon, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';

const LONGEST_NAME = 100;

/**
 * The tokens of a user, to make, replace and take away.
 * @param {import('../frame/session.js').Session} session
 * @param {string} path Of the tokens in the API.
 */
export function tokensPanel(session, path) {
  const list = element('ul', { className: 'entries' });
  const read = async () => {
    const { tokens } = await session.read(path);
    list.replaceChildren(...(tokens.length > 0 ? tokens.map(row) : [element('li', { className: 'muted none' }, text('tokens.none'))]));
  };
  const row = (token) => element(
    'li',
    { className: 'entry' },
    icon('key'),
    element(
      'div',
      { className: 'entry-words' },
      element('strong', {}, token.name),
      element('span', { className: 'muted' }, [`…${token.hint}`, text('token.made', { when: when(token.createdAt) }), token.lastUsedAt ? text('used', { when: ago(token.lastUsedAt) }) : text('used.never')].join(' · ')),
    ),
    token.disabled ? element('span', { className: 'badge warn' }, text('disabled')) : null,
    element(
      'div',
      { className: 'entry-actions' },
      iconButton('again', text('token.replace', { name: token.name }), () => replace(token)),
      iconButton('trash', text('token.delete', { name: token.name }), () => remove(token)),
    ),
  );
  const create = async () => {
    const name = await written(text('token.new'), text('token.name'), '', LONGEST_NAME);
    if (name) {
      await attempt(async () => {
        showOnce(await session.change('POST', path, { name }));
        await read();
      });
    }
  };
  const replace = async (token) => {
    if (await confirmed(text('token.replace.title'), text('token.replace.sure', { name: token.name }), text('token.replace.title'))) {
      await attempt(async () => {
        showOnce(await session.change('POST', `${path}/${token.id}/rotate`));
        await read();
      });
    }
  };
  const remove = async (token) => {
    if (await confirmed(text('token.delete.title'), text('token.delete.sure', { name: token.name }), text('token.delete.title'))) {
      await attempt(async () => {
        await session.change('DELETE', `${path}/${token.id}`);
        await read();
        toast(text('token.deleted'));
        button.focus();
      });
    }
  };
  const button = element('button', { type: 'button', onclick: create }, icon('new'), text('token.new'));
  attempt(read);
  return element('div', { className: 'panel' }, list, element('div', { className: 'actions' }, button));
}

/** A token stands in the one reply that makes it. */
function showOnce({ token }) {
  const field = element('input', { readOnly: true, value: token, className: 'mono', 'aria-label': text('token') });
  const done = async () => {
    await copy(token);
    button.replaceChildren(icon('done'), text('copied'));
  };
  const button = element('button', { type: 'button', className: 'primary', onclick: done }, icon('copy'), text('copy'));
  openDialog(text('token.made.title'), [
    element('p', {}, text('token.once')),
    element('div', { className: 'copy-line' }, field, button),
    element('p', { className: 'muted' }, text('token.use'), ' ', text('token.base'), ' ', element('code', {}, `${location.origin}/v1`)),
  ]);
  field.select();
}
