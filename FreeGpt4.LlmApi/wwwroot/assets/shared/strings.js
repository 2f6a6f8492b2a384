/** The words of the page in its language; the server takes them from the same files: one of all pages, and one of this page, where it has one. */

export const language = document.documentElement.lang;

const { strings: page } = document.documentElement.dataset;
const read = async (file) => (await fetch(new URL(`../strings/${file}`, import.meta.url))).json();
const strings = Object.assign({}, ...await Promise.all([`${language}.json`, ...(page ? [`${page}/${language}.json`] : [])].map(read)));
const plurals = new Intl.PluralRules(language);

/**
 * A string with `{name}` replaced. With `count` among the values it is the form for so many, `name.one` and so on.
 * @param {string} name
 * @param {Record<string, string|number>} values
 */
export function text(name, values = {}) {
  const found = strings[name] ?? strings[`${name}.${plurals.select(values.count)}`] ?? name;
  return found.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export const hasText = (name) => name in strings;

/** A number as people of that language write it. */
export function number(value, digits = 0) {
  return value.toLocaleString(language, { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
