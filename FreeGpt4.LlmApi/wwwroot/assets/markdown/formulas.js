/**
 * Formulas in TeX: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` as a block. They become MathML, which browsers draw themselves: it needs
 * neither inline styles nor large fonts. What makes it is loaded with the first formula.
 */

const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

const BLOCK = /^(?: {0,3})(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])(?:\n+|$)/;

// A price is no formula: no space inside the dollars, no digit after them.
const INLINE = /^(?:\$\$([^$]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|\$(?!\s)((?:\\[\s\S]|[^$\\\n])+?)(?<!\s)\$(?!\d))/;

/** Extensions of marked. */
export const formulas = [
  {
    name: 'formulaBlock',
    level: 'block',
    start: (source) => source.match(/(?:^|\n) {0,3}(?:\$\$|\\\[)/)?.index,
    tokenizer(source) {
      const found = BLOCK.exec(source);
      return found ? { type: 'formulaBlock', raw: found[0], tex: (found[1] ?? found[2]).trim() } : undefined;
    },
    renderer: (token) => `<div class="math" data-display="block" data-tex="${escape(token.tex)}">${escape(token.tex)}</div>\n`,
  },
  {
    name: 'formula',
    level: 'inline',
    start: (source) => source.match(/\$|\\[([]/)?.index,
    tokenizer(source) {
      const found = INLINE.exec(source);
      return found ? { type: 'formula', raw: found[0], tex: (found[1] ?? found[2] ?? found[3] ?? found[4]).trim(), isBlock: !(found[3] ?? found[4]) } : undefined;
    },
    renderer: (token) => `<span class="math" data-display="${token.isBlock ? 'block' : 'inline'}" data-tex="${escape(token.tex)}">${escape(token.tex)}</span>`,
  },
];

const LONGEST = 5000;

let loading = null;
let temml = null;

/** Draws the formulas in a fragment: at once when the library is there, else when it has come. Until then the source is shown. */
export function finishFormulas(fragment) {
  const found = [...fragment.querySelectorAll('.math[data-tex]')];
  if (found.length === 0) {
    return;
  }

  if (temml) {
    found.forEach(draw);
    return;
  }

  loading ??= load();
  loading.then(() => found.forEach(draw));
}

async function load() {
  const style = document.createElement('link');
  style.rel = 'stylesheet';
  style.href = new URL('../libraries/temml/temml.css', import.meta.url);
  document.head.append(style);
  temml = (await import('../libraries/temml/temml.js')).default;
}

function draw(place) {
  const tex = place.dataset.tex;
  if (tex.length > LONGEST) {
    return;
  }

  try {
    // It builds elements and no HTML. Commands that link or load are refused by `trust`.
    temml.render(tex, place, { displayMode: place.dataset.display === 'block', trust: false, strict: false, throwOnError: true, maxExpand: 500, maxSize: [20, 200] });
  } catch {
    // Half a formula, or none: the source says more than an error.
    place.replaceChildren(tex);
  }
}
