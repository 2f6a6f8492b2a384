import { openDialog } from '../shared/dialogs.js';
import { byId, element } from '../shared/dom.js';
import { setLanguage, setTheme, theme } from '../shared/look.js';
import { language, text } from '../shared/strings.js';

const LANGUAGES = { en: 'English', ru: 'Русский' };

/** Colours and language, behind a button of the head. @param {() => void} [changed] After the colours are others. */
export function listenForLook(changed = () => {}) {
  byId('look').addEventListener('click', () => {
    const choose = () => {
      setTheme(themes.value);
      changed();
    };
    const themes = element('select', { onchange: choose }, ...['auto', 'light', 'dark'].map((name) => element('option', { value: name, selected: name === theme() }, text(`theme.${name}`))));
    const languages = element('select', { onchange: () => setLanguage(languages.value) }, ...Object.entries(LANGUAGES).map(([name, label]) => element('option', { value: name, selected: name === language, lang: name }, label)));
    openDialog(text('preferences'), [
      element('div', { className: 'fields' }, element('label', { className: 'field' }, text('theme'), themes), element('label', { className: 'field' }, text('language'), languages)),
    ]);
  });
}
