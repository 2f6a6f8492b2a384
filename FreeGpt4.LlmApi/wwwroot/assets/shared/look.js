/** What the reader has chosen for all pages: colours and language. Kept in cookies, so that the server sends a page that is right at once. */

const YEAR = 60 * 60 * 24 * 365;

function keep(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
}

export const theme = () => document.documentElement.dataset.theme;

/** @param {'auto'|'light'|'dark'} value */
export function setTheme(value) {
  keep('freegpt4-theme', value);
  document.documentElement.dataset.theme = value;
}

/** The page comes again in that language. */
export function setLanguage(value) {
  keep('freegpt4-language', value);
  location.reload();
}
