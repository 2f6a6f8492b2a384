import '../libraries/dompurify/purify.js';

/**
 * Text of a model is never trusted. Of HTML there remains what Markdown makes, without styles, names, events and anything that loads from
 * elsewhere.
 */
const ALLOWED = {
  ALLOWED_TAGS: [
    'a', 'b', 'blockquote', 'br', 'code', 'dd', 'del', 'details', 'div', 'dl', 'dt', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'input',
    'ins', 'kbd', 'li', 'mark', 'ol', 'p', 'pre', 's', 'small', 'span', 'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr',
    'u', 'ul',
  ],
  ALLOWED_ATTR: ['align', 'alt', 'checked', 'class', 'data-display', 'data-tex', 'disabled', 'href', 'open', 'src', 'start', 'title', 'type'],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

const COLOURED = { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'], RETURN_DOM_FRAGMENT: true };

const purify = globalThis.DOMPurify;

purify.addHook('uponSanitizeAttribute', (node, attribute) => {
  // Only classes that Markdown or the highlighter makes: with one of the page's own, text could look like a part of it.
  if (attribute.attrName === 'class' && !/^(?:language-[^\s]+|math|hljs[\w-]*(?: [\w-]+_)*)$/.test(attribute.attrValue)) {
    attribute.keepAttr = false;
  }

  // Nor a link to one of our own pages, where it could do something in the reader's name.
  if (attribute.attrName === 'href' && !/^(?:https?:\/\/|mailto:|tel:)/i.test(attribute.attrValue)) {
    attribute.keepAttr = false;
  }
});

purify.addHook('uponSanitizeElement', (node) => {
  // The boxes of a list of tasks, and no other field.
  if (node.nodeName === 'INPUT' && node.getAttribute('type') !== 'checkbox') {
    node.remove();
  }
});

/** @returns {DocumentFragment} */
export const sanitise = (html) => purify.sanitize(html, ALLOWED);

/** What the highlighter makes. @returns {DocumentFragment} */
export const sanitiseColours = (html) => purify.sanitize(html, COLOURED);
