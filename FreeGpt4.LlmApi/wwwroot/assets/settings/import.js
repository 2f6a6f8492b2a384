import { reasonOf } from '../frame/toasts.js';
import { element, icon } from '../shared/dom.js';
import { number, text } from '../shared/strings.js';

// As the cluster has it.
const LARGEST = 16 * 2 ** 20;

/** Settings, users and histories of the older FreeGPT4, from its file. */
export function importSection({ session, settings }) {
  const file = element('input', { type: 'file', accept: '.db,.sqlite,.sqlite3,application/vnd.sqlite3', id: 'import-file' });
  const send = element('button', { className: 'primary', disabled: true }, text('import.send'));
  const outcome = element('div', { className: 'import-outcome', role: 'status' });
  file.addEventListener('change', () => {
    send.disabled = file.files.length === 0;
    outcome.replaceChildren();
  });
  const form = element(
    'form',
    { className: 'setting' },
    element('p', { className: 'muted' }, text('import.hint')),
    element('label', { className: 'field narrow', htmlFor: 'import-file' }, text('import.file'), file),
    element('div', { className: 'actions' }, send),
    outcome,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const [chosen] = file.files;
    if (chosen.size > LARGEST) {
      outcome.replaceChildren(wrong(text('import.large', { limit: number(LARGEST / 2 ** 20) })));
      return;
    }

    send.disabled = true;
    outcome.replaceChildren(element('p', { className: 'outcome' }, text('import.running')));
    try {
      const report = await session.change('POST', '/api/settings/import', chosen);
      outcome.replaceChildren(...reportOf(report));
      await settings.read();
    } catch (failure) {
      outcome.replaceChildren(wrong(failure.code === 'invalid_import' ? text('import.wrong') : text('import.failed'), reasonOf(failure)));
    }

    send.disabled = false;
  });
  return [form];
}

const wrong = (words, reason) => element('p', { className: 'outcome wrong' }, icon('close'), element('span', {}, words, reason ? element('small', {}, reason) : null));

function reportOf({ taken, left }) {
  return [
    element('p', { className: 'outcome fine' }, icon('done'), element('span', {}, text('import.taken', { count: taken.length }))),
    ...(taken.length > 0 ? [element('ul', { className: 'report' }, ...taken.map((what) => element('li', {}, what)))] : []),
    ...(left.length > 0 ? [
      element('h2', {}, text('import.left', { count: left.length })),
      element('dl', { className: 'report' }, ...left.flatMap(({ what, why }) => [element('dt', {}, what), element('dd', {}, why)])),
    ] : []),
  ];
}
