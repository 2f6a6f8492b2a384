/** Elements of the page. */

export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. A property that the element has is set, anything else becomes an attribute; `null` and `undefined` are left out.
 * @param {string} tag
 * @param {Record<string, unknown>} properties `on…` is a listener.
 * @param {...(Node|string|null|undefined)} children Text is never read as HTML.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) {
      continue;
    }

    if (name.startsWith('on')) {
      made.addEventListener(name.slice(2), value);
    } else if (name in made && name !== 'list') {
      made[name] = value;
    } else {
      made.setAttribute(name, value);
    }
  }

  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A picture from those that the page brings along; for the eye only. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows a picture and says a name. */
export function iconButton(picture, label, onclick, properties = {}) {
  return element('button', { type: 'button', className: 'icon-button', 'aria-label': label, title: label, onclick, ...properties }, icon(picture));
}
