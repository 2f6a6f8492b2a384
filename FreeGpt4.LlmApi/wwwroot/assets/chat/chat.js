import { askJson } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { Account } from './account.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { Drawer } from './drawer.js';
import { askedOf, draftOf, forgetDrafts, keepAsked, keepDraft, keepModel, lastModel } from './drafts.js';
import { listenForDrops } from './drops.js';
import { Exchange } from './exchange.js';
import { pickModel } from './models.js';
import { Notice } from './notice.js';
import { openOptions } from './options.js';
import { openPreferences } from './preferences.js';
import { Scroll } from './scroll.js';
import { listen } from './shortcuts.js';
import { Sidebar } from './sidebar.js';
import { explain } from './words.js';

/** The page: puts its parts together, and knows which conversation is open. The address has its id after `#`. */

const scroll = new Scroll();
const notice = new Notice();
const drawer = new Drawer();
const account = new Account();

/** Those whose answer is under way, or is not kept yet. @type {Set<Exchange>} */
const running = new Set();

/** @type {Exchange} */
let current;

const composer = new Composer({
  send: (question, attachments) => {
    notice.clear('word');
    keepDraft(current.conversation.id, null);
    current.send(question, attachments);
    show();
    scroll.toEnd();
  },
  stop: () => current.stop(),
  change: (draft) => keepDraft(current.conversation.id, draft),
  tell: (problem) => notice.tell(problem),
  editLast: () => current.editLast(),
});

const sidebar = new Sidebar({
  renamed: (id, title) => {
    if (current.conversation.id === id) {
      current.conversation.title = title;
      show();
    }
  },
  deleted: (id) => {
    forgetDrafts(id);
    if (current.conversation.id === id) {
      begin();
    }
  },
  failed,
});

const on = {
  grown: () => scroll.follow(),
  busy: (exchange) => {
    if (exchange.isBusy) {
      running.add(exchange);
    }

    if (exchange === current) {
      composer.setBusy(exchange.isBusy);
    }
  },
  status: (words) => {
    byId('status').textContent = words;
  },
  model: () => current.conversation.model ?? lastModel(),
  chooseModel,
  save,
};

/** Has the cluster keep an exchange; says so when it cannot. */
async function save(exchange) {
  const { conversation } = exchange;
  const { id } = conversation;
  try {
    if (await conversation.save()) {
      exchange.show();
    }

    running.delete(exchange);
    notice.clear('save');
    keepAsked(id, null);
    if (exchange === current && id !== conversation.id) {
      keepDraft(conversation.id, composer.draft);
      keepDraft(id, null);
      history.replaceState(null, '', `#${conversation.id}`);
    }

    show();
    await sidebar.read();
  } catch (failure) {
    const reason = failure.status >= 500 && failure.status !== 507 ? text('save.server') : failure.status > 0 ? failure.message : explain(failure).title;
    notice.tell(text('save.failed', { reason }), { kind: 'save', label: text('save.retry'), act: () => save(exchange) });
  }
}

/** What is around the messages. */
function show() {
  const { conversation } = current;
  const title = conversation.title ?? text('conversation.new');
  byId('title').textContent = title;
  document.title = conversation.title ? `${title} · FreeGpt4` : 'FreeGpt4';
  byId('model').textContent = on.model();
  byId('options').classList.toggle('used', conversation.systemPrompt !== null || conversation.parameters !== null);
  byId('welcome').hidden = conversation.messages.length > 0;
  sidebar.mark(conversation.id);
}

function open(exchange) {
  current = exchange;
  byId('thread').replaceChildren(exchange.element);
  composer.setBusy(exchange.isBusy);
  const { id } = exchange.conversation;
  composer.show(draftOf(id) ?? (exchange.isBusy ? null : askedOf(id)));
  show();
  drawer.close();
  scroll.toEnd();
}

/** A new conversation. */
function begin() {
  history.replaceState(null, '', location.pathname);
  open(new Exchange(new Conversation(), on));
  composer.focus();
}

/** Opens what the address says. */
async function follow() {
  const id = location.hash.slice(1);
  if (id === '') {
    begin();
    return;
  }

  if (id === current?.conversation.id) {
    drawer.close();
    return;
  }

  const known = [...running].find((exchange) => exchange.conversation.id === id);
  if (known) {
    open(known);
    return;
  }

  try {
    const conversation = await Conversation.load(id);
    if (location.hash.slice(1) === id) {
      open(new Exchange(conversation, on));
    }
  } catch (failure) {
    begin();
    if (failure.status === 404 || failure.status === 400) {
      notice.tell(text('save.missing'));
    } else {
      failed(failure);
    }
  }
}

async function change(what) {
  try {
    await current.conversation.change(what);
  } catch (failure) {
    failed(failure);
  }

  show();
}

function chooseModel() {
  pickModel(on.model(), (model) => {
    keepModel(model);
    change({ model });
    composer.focus();
  });
}

function failed(failure) {
  if (failure.status === 401) {
    account.mustLogIn();
    return;
  }

  const { title, exact } = explain(failure);
  notice.tell(failure.status > 0 && failure.status < 500 ? exact : title);
}

byId('new').addEventListener('click', begin);
byId('pick-model').addEventListener('click', chooseModel);
byId('options').addEventListener('click', () => openOptions(current.conversation, change));
byId('preferences').addEventListener('click', () => openPreferences(() => {
  begin();
  sidebar.read();
}, failed));
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
  create: begin,
});

await follow();
account.read(askJson);
await sidebar.read();
// Needed with the first answer, and not before; who asks then is told what does not come.
import('../markdown/growing.js').catch(() => {});
