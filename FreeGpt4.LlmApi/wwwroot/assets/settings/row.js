import { when } from '../frame/format.js';
import { element } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { LONGEST, allowedWords, hintOf, labelOf, valueWords } from './words.js';

/**
 * A setting: its value, where that comes from, what is allowed and what is wrong.
 * @param {import('./store.js').Settings} settings
 * @param {string} name
 * @param {AbortSignal} signal Ends it.
 */
export function settingRow(settings, name, signal) {
  const id = `setting-${name}`;
  const view = settings.find(name);
  const control = controlOf(view, settings, id);
  const problem = element('p', { className: 'error-text', id: `${id}-problem` });
  const source = element('p', { className: 'source' });
  const isSwitch = control.type === 'checkbox';
  const label = element('label', { className: 'setting-name', htmlFor: id }, labelOf(view));
  const row = element(
    'div',
    { className: isSwitch ? 'setting switched' : 'setting' },
    element('div', { className: 'setting-head' }, label, element('code', {}, name)),
    hintOf(view) ? element('p', { className: 'muted', id: `${id}-hint` }, hintOf(view)) : null,
    element('div', { className: 'setting-control' }, control),
    isSwitch ? null : element('p', { className: 'allowed', id: `${id}-allowed` }, allowedWords(view)),
    problem,
    source,
  );
  control.setAttribute('aria-describedby', [hintOf(view) && `${id}-hint`, !isSwitch && `${id}-allowed`, `${id}-problem`].filter(Boolean).join(' '));

  const show = () => {
    const now = settings.find(name);
    if (!now) {
      row.remove();
      return;
    }

    row.classList.toggle('changed', settings.isChanged(name));
    control.setAttribute('aria-invalid', String(Boolean(settings.refusalOf(name) || settings.isOvertaken(name))));
    problem.textContent = problemOf(now, settings);
    showValue(control, settings.valueOf(name), now);
    source.replaceChildren(...sourceOf(now, settings));
  };
  settings.addEventListener('change', show, { signal });
  control.addEventListener('blur', show);
  show();
  return row;
}

function controlOf(view, settings, id) {
  const set = (value) => settings.set(view.name, value);
  switch (view.kind) {
    case 'flag': {
      const box = element('input', { id, type: 'checkbox', role: 'switch', className: 'switch', onchange: () => set(String(box.checked)) });
      return box;
    }

    case 'choice': {
      const list = element('select', { id, onchange: () => set(list.value) }, ...view.choices.map((choice) => element('option', { value: choice }, choice)));
      return list;
    }

    case 'longText': {
      const field = element('textarea', { id, rows: 4, dir: 'auto', maxLength: LONGEST, oninput: () => set(field.value.trim()) });
      return field;
    }

    default: {
      const isSecret = view.kind === 'secret';
      const field = element('input', {
        id,
        type: isSecret ? 'password' : view.kind === 'number' ? 'number' : 'text',
        autocomplete: isSecret ? 'new-password' : 'off',
        spellcheck: false,
        autocapitalize: 'none',
        min: view.kind === 'number' ? 0 : null,
        maxLength: view.kind === 'number' ? null : LONGEST,
        oninput: () => set(field.value.trim()),
      });
      return field;
    }
  }
}

function showValue(control, value, view) {
  if (control.type === 'checkbox') {
    control.checked = value.toLowerCase() === 'true';
    return;
  }

  if (view.secret) {
    control.placeholder = view.secret.isSet ? text('secret.set', { count: view.secret.count, ends: view.secret.hints.join(', ') }) : text('secret.none');
  } else if (control.localName === 'select' && ![...control.options].some((option) => option.value.toLowerCase() === value.toLowerCase())) {
    control.append(element('option', { value }, value));
  }

  // While somebody writes, what they write stands there.
  if (control !== document.activeElement || control.localName === 'select') {
    control.value = control.localName === 'select' ? [...control.options].find((option) => option.value.toLowerCase() === value.toLowerCase()).value : value;
  }
}

/** What is wrong with what is stored, or was to be. */
export function problemOf(view, settings) {
  const { name, problem } = view;
  const refusal = settings.refusalOf(name);
  return settings.isOvertaken(name) ? text('value.overtaken', { value: short(valueWords(view, view.value ?? '')) || '–' })
    : refusal ? text('value.refused', { reason: refusal })
      : problem ? text('value.unusable', { reason: `${name} ${problem}` }) : '';
}

const short = (words) => (words.length > 40 ? `${words.slice(0, 40)}…` : words);

/** Where a value comes from, and the way back. @returns {Node[]} */
export function sourceOf(view, settings) {
  const { name } = view;
  if (settings.isChanged(name)) {
    return [element('span', { className: 'badge accent' }, text('source.changed'))];
  }

  const badge = element('span', { className: view.source === 'stored' ? 'badge accent' : 'badge' }, text(`source.${view.source}`));
  if (!view.isStored) {
    return [badge];
  }

  const next = view.environment ?? view.default;
  const title = next ? text('reset.to', { value: short(valueWords(view, next)) }) : text('reset');
  return [
    badge,
    element('span', {}, text('source.by', { name: view.changedBy, when: when(view.changedAt) })),
    element('button', { type: 'button', className: 'link', onclick: () => settings.reset(name), 'aria-label': `${labelOf(view)}: ${title}` }, title),
  ];
}
