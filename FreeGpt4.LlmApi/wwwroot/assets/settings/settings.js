import { listenForLook } from '../frame/look.js';
import { Session } from '../frame/session.js';
import { attempt, reasonOf, toast } from '../frame/toasts.js';
import { byId, element } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { accountSection } from './account.js';
import { chainSection } from './chain.js';
import { importSection } from './import.js';
import { providersSection } from './providers.js';
import { settingRow } from './row.js';
import { Status } from './status.js';
import { Settings } from './store.js';
import { usersSection } from './users.js';

/** The page: one section at a time, named after `#`. Who is no admin has only what is theirs. */

const rows = (...names) => ({ settings, signal }) => names.map((name) => settingRow(settings, name, signal));

const ACCOUNT = { name: 'account', open: accountSection, tellsOfProviders: true };
const OF_ADMINS = [
  { name: 'answers', open: rows('MODEL', 'SYSTEM_PROMPT', 'MODEL_ALIASES', 'REMOVE_SOURCES', 'HISTORY', 'KEYWORD') },
  { name: 'order', open: chainSection, tellsOfProviders: true },
  { name: 'providers', open: providersSection, tellsOfProviders: true },
  { name: 'users', open: usersSection },
  { name: 'data', open: (parts) => [...rows('CONVERSATION_RETENTION', 'USAGE_RETENTION', 'PROXIES')(parts), ...unknown(parts)] },
  { name: 'import', open: importSection },
];

listenForLook();
const session = await Session.open().catch((failure) => {
  toast(reasonOf(failure), { isProblem: true });
  throw failure;
});
const settings = new Settings(session);
const sections = session.isAdmin ? [...OF_ADMINS, ACCOUNT] : [ACCOUNT];
const status = new Status(session);
let opened = new AbortController();

/** What is stored and no longer known: it can only go. */
const unknown = ({ signal }) => settings.all.filter((view) => view.isStored && view.allowed.startsWith('null')).map((view) => settingRow(settings, view.name, signal));

const chosen = () => sections.find(({ name }) => `#${name}` === location.hash) ?? sections[0];

function mark(section) {
  for (const link of byId('sections').querySelectorAll('a')) {
    const isThis = link.hash === `#${section.name}`;
    link.ariaCurrent = isThis ? 'page' : null;
    if (isThis) {
      link.scrollIntoView({ block: 'nearest', inline: 'center' });
    }
  }
}

function open() {
  const section = chosen();
  opened.abort();
  opened = new AbortController();
  mark(section);
  const title = text(`section.${section.name}`);
  document.title = `${title} · FreeGpt4`;
  byId('section-title').textContent = title;
  byId('section-about').textContent = text(`section.${section.name}.about`);
  byId('section').replaceChildren(...section.open({ session, settings, status, signal: opened.signal }));
  scrollTo(0, 0);
}

/** Once somebody wants to see it. */
async function readStatus() {
  if (chosen().tellsOfProviders && status.providers.length === 0) {
    await status.read();
  }
}

function showChanges() {
  byId('changes').hidden = settings.changes === 0;
  byId('changes-words').textContent = text('changes', { count: settings.changes });
}

async function save() {
  if (byId('save').disabled) {
    return;
  }

  byId('save').disabled = true;
  try {
    await settings.save();
    toast(text('saved.everywhere'));
  } catch (failure) {
    const words = { invalid_settings: 'changes.refused', changed_meanwhile: 'changes.overtaken' }[failure.code];
    toast(words ? text(words) : reasonOf(failure), { isProblem: true });
    document.querySelector('[aria-invalid=true]')?.focus();
    keepInSight();
  }

  byId('save').disabled = false;
}

/** What comes at the bottom must not cover what somebody is writing in, nor what is wrong with it. */
function keepInSight() {
  document.documentElement.style.scrollPaddingBlockEnd = `${byId('foot').offsetHeight + 24}px`;
  const focused = document.activeElement;
  if (byId('section').contains(focused)) {
    const row = focused.closest('.setting');
    (row && row.offsetHeight < innerHeight / 2 ? row : focused).scrollIntoView({ block: 'nearest' });
  }
}

new ResizeObserver(keepInSight).observe(byId('foot'));
settings.addEventListener('change', showChanges);
settings.addEventListener('taken', ({ detail }) => status.follow(detail));
byId('save').addEventListener('click', save);
byId('section').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.isComposing && settings.changes > 0 && event.target.matches('.setting-control input:not(.switch)')) {
    event.preventDefault();
    save();
  }
});
byId('discard').addEventListener('click', () => settings.discard());
addEventListener('beforeunload', (event) => {
  if (settings.changes > 0) {
    event.preventDefault();
  }
});

byId('who').textContent = session.user.name;
byId('sections').replaceChildren(...sections.map(({ name }) => element('a', { href: `#${name}` }, text(`section.${name}`))));

// Its letters are wider: later it would push the others.
mark(chosen());
if (await attempt(() => Promise.all([readStatus(), ...(session.isAdmin ? [settings.read()] : [])]))) {
  open();
  addEventListener('hashchange', async () => {
    await attempt(readStatus);
    open();
    byId('main').focus({ preventScroll: true });
  });
  document.body.classList.add('ready');
}
