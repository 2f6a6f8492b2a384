import { askJson } from '../shared/api.js';
import { openDialog } from '../shared/dialogs.js';
import { element, icon } from '../shared/dom.js';
import { text } from '../shared/strings.js';

// More at once nobody reads, and a list of thousands is slow.
const MOST = 200;

/**
 * Lets the reader choose a model, by name or by provider.
 * @param {string} current
 * @param {(model: string) => void} choose
 */
export async function pickModel(current, choose) {
  const field = element('input', {
    type: 'search', role: 'combobox', autocomplete: 'off', placeholder: text('model.search'), 'aria-label': text('model.search'), 'aria-controls': 'models', 'aria-expanded': 'true', 'aria-autocomplete': 'list',
  });
  const list = element('div', { id: 'models', className: 'models', role: 'listbox', 'aria-label': text('model') });
  const count = element('p', { className: 'muted', role: 'status' });
  const dialog = openDialog(text('model.choose'), [element('label', { className: 'search' }, icon('search'), field), list, count], { className: 'tall' });
  let models = [];
  let at = 0;

  const take = (model) => {
    dialog.close();
    choose(model);
  };
  const mark = (index) => {
    const options = list.querySelectorAll('[role=option]');
    if (options.length === 0) {
      field.removeAttribute('aria-activedescendant');
      return;
    }

    at = (index + options.length) % options.length;
    options.forEach((option, i) => option.classList.toggle('active', i === at));
    field.setAttribute('aria-activedescendant', options[at].id);
    options[at].scrollIntoView({ block: 'nearest' });
  };
  const show = () => {
    const found = matching(models, field.value);
    const named = field.value.trim();
    const isNew = named !== '' && !models.some((model) => model.id === named);
    const options = found.slice(0, MOST).map((model, index) => option(`model-${index}`, model.id, providerOf(model), model.id === current, () => take(model.id)));
    if (isNew) {
      // The cluster may know names that no list has, such as provider/model.
      options.push(option('model-own', text('model.use', { name: named }), '', false, () => take(named)));
    }

    list.replaceChildren(...options);
    count.textContent = found.length === 0 ? text('model.none') : text('model.visible', { count: found.length });
    mark(Math.max(0, named === '' ? found.findIndex((model) => model.id === current) : 0));
  };
  field.addEventListener('input', show);
  field.addEventListener('keydown', (event) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      mark(to);
    } else if (event.key === 'Escape') {
      // It would empty the field first.
      event.preventDefault();
      dialog.close();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      list.querySelectorAll('[role=option]')[at]?.click();
    }
  });
  field.focus();
  try {
    models = (await askJson('/v1/models?provider=show')).data;
    show();
  } catch {
    count.textContent = text('model.failed');
  }
}

function matching(models, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    const name = `${model.id} ${model.owned_by} ${providerOf(model)}`.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

/** A name without a provider stands for others. */
const providerOf = (model) => model.provider ?? text('model.auto');

const option = (id, name, provider, isCurrent, onclick) => element(
  'div',
  { id, className: 'model', role: 'option', 'aria-selected': String(isCurrent), onclick },
  element('span', { className: 'model-name' }, name),
  element('span', { className: 'model-provider' }, provider),
  isCurrent ? icon('done') : null,
);
