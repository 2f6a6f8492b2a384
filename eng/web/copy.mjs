// Copies what browsers need of the packages here to where it is served from. Run it after a version in package.json has changed:
//   npm ci && npm run copy
// With --check nothing is written: it fails when a file there is not the one of the package.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, 'node_modules');
const served = join(here, '../../FreeGpt4.LlmApi/wwwroot/assets/libraries');
const forTests = join(here, '../../FreeGpt4.Tests/Bundles');

const languages = [
  'bash', 'c', 'cpp', 'csharp', 'css', 'dart', 'diff', 'dockerfile', 'elixir', 'erlang', 'fsharp', 'go', 'graphql', 'haskell', 'http', 'ini',
  'java', 'javascript', 'json', 'julia', 'kotlin', 'latex', 'lua', 'makefile', 'markdown', 'matlab', 'nginx', 'nix', 'objectivec', 'perl', 'php',
  'plaintext', 'powershell', 'protobuf', 'python', 'r', 'ruby', 'rust', 'scala', 'scss', 'shell', 'sql', 'swift', 'typescript', 'vbnet', 'wasm',
  'x86asm', 'xml', 'yaml',
];

/** From where in the package to where in the folder; `then` changes the text. */
const files = [
  ['marked/lib/marked.esm.js', 'marked/marked.js', withoutMap],
  ['marked/LICENSE', 'marked/LICENSE'],
  ['dompurify/dist/purify.min.js', 'dompurify/purify.js', withoutMap],
  ['dompurify/LICENSE', 'dompurify/LICENSE'],
  ['@highlightjs/cdn-assets/es/core.min.js', 'highlight/core.js'],
  ...languages.map((name) => [`@highlightjs/cdn-assets/es/languages/${name}.min.js`, `highlight/languages/${name}.js`]),
  ['@highlightjs/cdn-assets/LICENSE', 'highlight/LICENSE'],
  // It has no module that is made small.
  ['temml/dist/temml.min.js', 'temml/temml.js', (text) => `${text}\nexport default temml;\n`],
  ['temml/dist/Temml-Local.css', 'temml/temml.css'],
  ['temml/dist/Temml.woff2', 'temml/Temml.woff2'],
  ['temml/LICENSE', 'temml/LICENSE'],
  ['uplot/dist/uPlot.esm.js', 'uplot/uplot.js'],
  ['uplot/dist/uPlot.min.css', 'uplot/uplot.css'],
  ['uplot/LICENSE', 'uplot/LICENSE'],
];

/** The hashes, so that a test can tell without npm that nobody has changed a file by hand. */
const list = 'libraries.sha256';

const wanted = new Map();
for (const [from, to, then] of files) {
  const bytes = await readFile(join(packages, from));
  wanted.set(join(served, to), then ? Buffer.from(then(bytes.toString())) : bytes);
}

wanted.set(join(served, 'highlight/languages.js'), Buffer.from(await languageNames()));

const sums = [...wanted].map(([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${relative(served, path)}\n`).sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
wanted.set(join(here, list), Buffer.from(sums.join('')));
wanted.set(join(forTests, 'axe.min.js'), await readFile(join(packages, 'axe-core/axe.min.js')));

if (process.argv.includes('--check')) {
  const wrong = [];
  for (const [path, bytes] of wanted) {
    const found = await readFile(path).catch(() => null);
    if (!found?.equals(bytes)) {
      wrong.push(path);
    }
  }

  for (const entry of await readdir(served, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(path)) {
      wrong.push(path);
    }
  }

  if (wrong.length > 0) {
    console.error(`Not as in the packages: ${wrong.join(', ')}. Run: npm run copy`);
    process.exit(1);
  }
} else {
  await rm(served, { recursive: true, force: true });
  for (const [path, bytes] of wanted) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}

/** By which names people call a language, and in which file it is. */
async function languageNames() {
  const folder = join(packages, '@highlightjs/cdn-assets/es');
  const { default: highlight } = await import(join(folder, 'core.min.js'));
  const names = {};
  for (const name of languages) {
    const { default: grammar } = await import(join(folder, `languages/${name}.min.js`));
    highlight.registerLanguage(name, grammar);
    for (const alias of [name, ...(highlight.getLanguage(name).aliases ?? [])]) {
      names[alias] = name;
    }
  }

  return `export default new Map(Object.entries(${JSON.stringify(names)}));\n`;
}

/** Nobody has the map that it names, and a browser's tools would ask for it. */
function withoutMap(text) {
  return text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
}
