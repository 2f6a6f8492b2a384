import { askJson } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { Account } from './account.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { dialogs } from './dialogs.js';
import { Drawer } from './drawer.js';
import { draftOf, keepDraft, keepModel, lastModel, lostConversation, takeDraftOfVisitor } from './drafts.js';
import { listenForDrops } from './drops.js';
import { followElsewhere } from './elsewhere.js';
import { Exchange } from './exchange.js';
import { Exchanges } from './exchanges.js';
import { isId } from './ids.js';
import { Notice } from './notice.js';
import { Scroll } from './scroll.js';
import { listen } from './shortcuts.js';
import { Sidebar } from './sidebar.js';
import { tellTabs } from './tabs.js';
import { explain } from './words.js';

/** The page: puts its parts together, and knows which conversation is open. The address has its id after `#`. */

const scroll = new Scroll();
const notice = new Notice();
const drawer = new Drawer();
const account = new Account();

/** @type {Exchange} */
let current;

// The id of the conversation that is on its way; at first it is not known whether one is.
let loading = '';

const exchanges = new Exchanges({
  saved: async (exchange, idBefore) => {
    notice.clear('save');
    if (exchange === current && exchange.conversation.id !== idBefore) {
      history.replaceState(null, '', `#${exchange.conversation.id}`);
      notice.tell(text('save.again'));
    }

    show();
    await sidebar.read(true);
  },
  unsaved: (exchange, failure) => {
    if (failure.code === 'owner_changed') {
      failed(failure);
      return;
    }

    const reason = failure.status >= 500 && failure.status !== 507 ? text('save.server') : failure.status > 0 ? failure.message : explain(failure).title;
    notice.tell(text('save.failed', { reason }), { kind: 'save', label: text('save.retry'), act: () => exchanges.save(exchange) });
  },
});

const composer = new Composer({
  isReady: () => loading === null,
  send: (question, attachments) => {
    notice.clear('word');
    keepDraft(current.conversation.id, null);
    current.send(question, attachments);
    history.replaceState(null, '', `#${current.conversation.id}`);
    show();
    scroll.toEnd();
  },
  stop: () => current.stop(),
  change: (draft) => {
    if (loading === null) {
      keepDraft(current.conversation.id, draft);
    }
  },
  tell: (problem) => notice.tell(problem),
  editLast: () => current.editLast(),
});

const sidebar = new Sidebar({
  renamed: (id, title) => {
    tellTabs({ changed: id });
    if (current.conversation.id === id) {
      current.conversation.title = title;
      show();
    }
  },
  deleted: (id) => {
    tellTabs({ deleted: id });
    forget(id);
  },
  failed,
  owner: takeDraftOfVisitor,
});

const on = {
  grown: () => scroll.follow(),
  busy: (exchange) => {
    exchanges.track(exchange);
    if (exchange === current) {
      composer.setBusy(exchange.isBusy);
    }
  },
  answering: (exchange, isAnswering) => tellTabs({ answering: exchange.conversation.id, isAnswering }),
  status: (words) => {
    byId('status').textContent = words;
  },
  model: ({ model }) => model ?? lastModel(),
  chooseModel: () => chooseModel(),
  replaced: (words, bringBack) => notice.tell(words, { label: text('edit.undo'), act: bringBack, isProblem: false }),
  save: (exchange, isQuiet) => exchanges.save(exchange, isQuiet),
};

const { forget, forgetAll } = followElsewhere({
  current: () => current,
  isLoading: () => loading !== null,
  exchanges,
  readList: (isQuiet) => sidebar.read(isQuiet),
  shown: () => show(),
  forgotten: () => begin(composer.draft),
  missing: () => notice.tell(text('save.missing')),
  failed: (failure) => failed(failure),
});

/** What is around the messages. */
function show() {
  const { conversation } = current;
  const title = conversation.title ?? text('conversation.new');
  byId('title').textContent = title;
  document.title = conversation.title ? `${title} · FreeGpt4` : 'FreeGpt4';
  byId('model').textContent = on.model(conversation);
  byId('options').classList.toggle('used', conversation.systemPrompt !== null || conversation.parameters !== null);
  byId('welcome').hidden = conversation.messages.length > 0;
  sidebar.mark(conversation.id);
}

/** @param {{written?: object|null, isAwaited?: boolean}} [options] What was written for it before it was there; whether what was sent meanwhile is for it. */
function open(exchange, { written = null, isAwaited = false } = {}) {
  current = exchange;
  loading = null;
  byId('thread').replaceChildren(exchange.element);
  composer.setBusy(exchange.isBusy);
  const { id } = exchange.conversation;
  const isWritten = Boolean(written?.text || written?.attachments?.length);
  if (isWritten) {
    keepDraft(id, written);
  }

  composer.show(isWritten ? written : draftOf(id));
  show();
  drawer.close();
  scroll.toEnd();
  composer.ready(isAwaited);
  tellTabs({ asked: id });
}

/** A new conversation. @param {object|null} [written] What is being written. */
function begin(written = null, isAwaited = false) {
  history.replaceState(null, '', location.pathname);
  open(new Exchange(new Conversation(), on), { written, isAwaited });
  composer.focus();
}

/** Opens what the address says. What is written meanwhile is for that. */
async function follow() {
  const named = location.hash.slice(1);
  const id = named.toLowerCase();
  const isFirst = loading === '';
  const before = isFirst ? '' : composer.draft.text;
  const written = () => (composer.draft.text === before ? null : composer.draft);
  if (id === '') {
    begin(written(), isFirst);
    return;
  }

  if (!isId(id)) {
    wander(named);
    return;
  }

  if (id === current.conversation.id) {
    drawer.close();
    return;
  }

  const known = exchanges.find(id);
  if (known) {
    open(known);
    return;
  }

  loading = id;
  try {
    const exchange = new Exchange(await exchanges.load(id), on);
    if (loading === id) {
      open(exchange, { written: written(), isAwaited: true });
    }

    if (!exchange.conversation.isSaved) {
      exchanges.track(exchange);
      exchanges.save(exchange);
    }
  } catch (failure) {
    if (loading === id && failure.code === 'owner_changed') {
      // The address stays, for whoever loads the page again.
      loading = null;
      composer.ready(false);
      failed(failure);
    } else if (loading === id) {
      begin(written());
      if (failure.status === 404) {
        notice.tell(text('save.missing'));
      } else {
        failed(failure);
      }
    } else if (failure.status === undefined) {
      throw failure;
    }
  }
}

/** The address names no conversation: at most a part of the page, as the link does that skips to the question. */
function wander(name) {
  if (loading === '') {
    begin(composer.draft);
  } else {
    const { id } = current.conversation;
    history.replaceState(null, '', id === null ? location.pathname : `#${id}`);
  }

  if (!document.getElementById(name)) {
    notice.tell(text('save.missing'));
  }
}

async function change(what) {
  try {
    await current.conversation.change(what);
    tellTabs({ changed: current.conversation.id });
  } catch (failure) {
    failed(failure);
  }

  show();
}

const openDialog = dialogs(() => notice.tell(text('failed.connection')));

const chooseModel = () => openDialog('models', ({ pickModel }) => pickModel(on.model(current.conversation), (model) => {
  keepModel(model);
  change({ model });
  composer.focus();
}));

const chooseOptions = () => openDialog('options', ({ openOptions }) => openOptions(current.conversation, change));

const choosePreferences = () => openDialog('preferences', ({ openPreferences }) => openPreferences(() => {
  tellTabs({ deletedAll: true });
  forgetAll();
}, failed));

function failed(failure) {
  if (failure.code === 'owner_changed') {
    notice.tell(text('owner.changed'), { kind: 'owner', label: text('reload'), act: () => location.reload() });
    return;
  }

  if (failure.status === 401) {
    account.mustLogIn();
    return;
  }

  const { title, exact } = explain(failure);
  notice.tell(failure.status > 0 && failure.status < 500 ? exact : title);
}

byId('new').addEventListener('click', () => begin());
byId('pick-model').addEventListener('click', chooseModel);
byId('options').addEventListener('click', chooseOptions);
byId('preferences').addEventListener('click', choosePreferences);
for (const suggestion of document.querySelectorAll('.suggestion')) {
  suggestion.addEventListener('click', () => {
    composer.show({ text: suggestion.textContent });
    composer.focus();
  });
}

addEventListener('hashchange', follow);
listenForDrops((files) => composer.attach(files));
listen({
  stop: () => (drawer.isOpen ? drawer.close() : current.stop()),
  focus: () => composer.focus(),
  search: () => {
    drawer.open();
    sidebar.focusSearch();
  },
  model: chooseModel,
  create: () => begin(),
});

current = new Exchange(new Conversation(), on);

// Whose page it is decides what is shown of what the browser keeps.
await sidebar.read();
const lost = location.hash === '' ? lostConversation() : null;
if (lost) {
  history.replaceState(null, '', `#${lost}`);
}

await follow();
document.body.classList.add('ready');
account.read(askJson, () => exchanges.forgetAll(), failed);
// Needed with the first answer, and not before somebody writes; who asks then is told what does not come.
byId('question').addEventListener('input', () => import('../markdown/growing.js').catch(() => {}), { once: true });
