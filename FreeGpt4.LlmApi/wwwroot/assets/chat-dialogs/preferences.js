import { askJson } from '../shared/api.js';
import { confirmed, openDialog } from '../shared/dialogs.js';
import { element, icon } from '../shared/dom.js';
import { setLanguage, setTheme, theme } from '../shared/look.js';
import { language, text } from '../shared/strings.js';
import { SHORTCUTS } from '../chat/shortcuts.js';

const LANGUAGES = { en: 'English', ru: 'Русский' };

/** Colours, language, keys, and what concerns all conversations. @param {() => void} deletedAll */
export function openPreferences(deletedAll, failed) {
  const themes = element('select', { onchange: () => setTheme(themes.value) }, ...['auto', 'light', 'dark'].map((name) => element('option', { value: name, selected: name === theme() }, text(`theme.${name}`))));
  const languages = element('select', { onchange: () => setLanguage(languages.value) }, ...Object.entries(LANGUAGES).map(([name, label]) => element('option', { value: name, selected: name === language, lang: name }, label)));
  const dialog = openDialog(text('preferences'), [
    element('div', { className: 'fields' }, element('label', { className: 'field' }, text('theme'), themes), element('label', { className: 'field' }, text('language'), languages)),
    element('h3', {}, text('shortcuts')),
    element('dl', { className: 'keys' }, ...SHORTCUTS.flatMap(({ keys, name }) => [element('dt', {}, ...keys.map((key) => element('kbd', {}, key))), element('dd', {}, text(name))])),
    element('h3', {}, text('conversations')),
    element(
      'div',
      { className: 'stack' },
      element('a', { className: 'wide-button', href: '/api/conversations/export', download: '' }, icon('export'), text('conversations.export')),
      element('button', { type: 'button', className: 'wide-button', onclick: deleteAll }, icon('trash'), text('conversations.delete')),
    ),
    element('p', {}, element('a', { href: '/docs' }, text('preferences.api'))),
  ]);

  async function deleteAll() {
    if (await confirmed(text('conversations.delete'), text('conversations.delete.sure'), text('conversation.delete'))) {
      dialog.close();
      try {
        await askJson('/api/conversations', { method: 'DELETE' });
        deletedAll();
      } catch (failure) {
        failed(failure);
      }
    }
  }
}
