import { openDialog } from '../shared/dialogs.js';
import { element } from '../shared/dom.js';
import { text } from '../shared/strings.js';

/** What a number may be. `name` is the API's. */
const NUMBERS = [
  { name: 'temperature', label: 'options.temperature', min: 0, max: 2, step: 0.1 },
  { name: 'top_p', label: 'options.topp', min: 0, max: 1, step: 0.05 },
  { name: 'max_tokens', label: 'options.maxtokens', min: 1, max: 1_000_000, step: 1 },
];

// The page's own: they would break what it reads.
const OURS = ['messages', 'model', 'n', 'stream', 'stream_options', 'tools'];

/**
 * Lets the reader change what goes with every question of a conversation.
 * @param {{systemPrompt: string|null, parameters: object|null}} conversation
 * @param {(change: {systemPrompt: string|null, parameters: object|null}) => void} change
 */
export function openOptions(conversation, change) {
  const known = conversation.parameters ?? {};
  const prompt = element('textarea', { rows: 5, dir: 'auto', maxLength: 20_000, placeholder: text('options.prompt.placeholder'), value: conversation.systemPrompt ?? '' });
  const numbers = NUMBERS.map((one) => ({
    ...one,
    field: element('input', { type: 'number', inputMode: 'decimal', min: one.min, max: one.max, step: one.step === 1 ? 1 : 'any', value: known[one.name] ?? '' }),
  }));
  const others = Object.fromEntries(Object.entries(known).filter(([name]) => !NUMBERS.some((one) => one.name === name)));
  const extra = element('textarea', { rows: 2, className: 'mono', spellcheck: false, placeholder: '{"seed": 1}', value: Object.keys(others).length > 0 ? JSON.stringify(others) : '' });
  const form = element(
    'form',
    {},
    element('label', { className: 'field' }, text('options.prompt'), prompt),
    element('div', { className: 'fields' }, ...numbers.map((one) => element('label', { className: 'field' }, text(one.label), one.field))),
    element('label', { className: 'field' }, text('options.extra'), extra),
    element('p', { className: 'muted' }, text('options.hint')),
    element('div', { className: 'dialog-foot' }, element('button', { type: 'button', onclick: () => dialog.close() }, text('cancel')), element('button', { className: 'primary' }, text('save'))),
  );
  extra.addEventListener('input', () => extra.setCustomValidity(''));
  form.noValidate = true;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    for (const { field, min, max } of numbers) {
      field.setCustomValidity(field.validity.badInput || (field.value !== '' && !(Number(field.value) >= min && Number(field.value) <= max)) ? text('options.number.wrong', { min, max }) : '');
    }

    const further = parse(extra.value);
    const ours = OURS.find((name) => further && name in further);
    extra.setCustomValidity(ours ? text('options.extra.ours', { name: ours }) : further ? '' : text('options.extra.wrong'));
    if (form.reportValidity()) {
      dialog.close();
      const parameters = { ...further, ...Object.fromEntries(numbers.filter(({ field }) => field.value !== '').map(({ name, field }) => [name, Number(field.value)])) };
      change({ systemPrompt: prompt.value.trim() || null, parameters: Object.keys(parameters).length > 0 ? parameters : null });
    }
  });
  const dialog = openDialog(text('options'), [form]);
  prompt.focus();
}

/** @returns {object|null} `null` for what is no object. */
function parse(json) {
  if (json.trim() === '') {
    return {};
  }

  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
