import { announce } from '../frame/toasts.js';
import { element, icon, iconButton } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { problemOf, settingRow, sourceOf } from './row.js';
import { hintOf, labelOf } from './words.js';

const SETTING = 'FALLBACK_PROVIDERS';

/** Who is asked, and in which order: the first choice, and those who follow when it fails. */
export function chainSection({ settings, status, signal }) {
  const place = element('div', { className: 'chain' });
  let isOwn = false;
  const set = (names) => {
    // What is shown is so already, and somebody has a part of it in hand.
    isOwn = true;
    settings.set(SETTING, names.join(','));
    isOwn = false;
  };
  const choose = (names) => {
    settings.set(SETTING, names.join(','));
    place.querySelector('button').focus();
  };
  const problem = element('p', { className: 'error-text' });
  const source = element('p', { className: 'source' });
  const showSource = () => {
    problem.textContent = problemOf(settings.find(SETTING), settings);
    source.replaceChildren(...sourceOf(settings.find(SETTING), settings));
  };
  const show = () => {
    place.replaceChildren(...(namesIn(settings).length > 0 ? ownOrder(settings, status, set, choose) : automatic(settings, status, choose)));
    showSource();
  };
  settings.addEventListener('change', () => (isOwn ? showSource() : show()), { signal });
  status.addEventListener('change', () => {
    if (namesIn(settings).length > 0) {
      // The rest somebody may have in hand.
      place.querySelectorAll('.own li').forEach((item) => item.querySelector('.badge')?.replaceWith(badgeOf(status, item.dataset.name)));
      return;
    }

    const hadFocus = place.contains(document.activeElement);
    show();
    if (hadFocus) {
      place.querySelector('button').focus();
    }
  }, { signal });
  show();
  return [
    settingRow(settings, 'PROVIDER', signal),
    element('section', { className: 'setting', 'aria-labelledby': 'chain-title' }, element('div', { className: 'setting-head' }, element('h2', { id: 'chain-title' }, labelOf(settings.find(SETTING))), element('code', {}, SETTING)), element('p', { className: 'muted' }, hintOf(settings.find(SETTING))), place, problem, source),
    settingRow(settings, 'FALLBACK_TIMEOUT', signal),
  ];
}

const namesIn = (settings) => settings.valueOf(SETTING).split(',').map((name) => name.trim()).filter(Boolean);

/** The cluster decides: shown is what it does now. */
function automatic(settings, status, choose) {
  const asked = status.providers.filter((one) => one.position > 0).sort((a, b) => a.position - b.position);
  return [
    element('p', { className: 'badge-line' }, element('span', { className: 'badge' }, text('chain.automatic'))),
    settings.isChanged(SETTING) ? element('p', { className: 'muted' }, text('chain.aftersave')) : asked.length > 0
      ? element('ol', { className: 'providers-order' }, ...asked.map((one) => element('li', {}, element('span', { className: 'order-name' }, one.name), stateBadge(one))))
      : element('p', { className: 'muted' }, text('chain.nobody')),
    element('button', { type: 'button', onclick: () => choose((asked.length > 0 ? asked : status.providers).map((one) => one.name)) }, icon('move'), text('chain.arrange')),
  ];
}

/** An order of somebody's own, which is moved by pointer or by keys. */
function ownOrder(settings, status, set, choose) {
  const list = element('ol', { className: 'providers-order own' });
  const names = () => [...list.children].map((item) => item.dataset.name);
  const save = () => {
    set(names());
    [...list.children].forEach((item, index) => label(item, index, list.children.length));
  };
  const move = (item, by, focused) => {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (other) {
      // The one that is not moved changes its place, so that the other keeps the pointer and the focus.
      other.remove();
      item[by < 0 ? 'after' : 'before'](other);
      save();
      focused?.focus();
      announce(text('chain.moved', { name: item.dataset.name, position: names().indexOf(item.dataset.name) + 1, count: list.children.length }));
    }
  };
  const remove = (item) => {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    announce(text('chain.removed', { name: item.dataset.name }));
    item.remove();
    if (!next) {
      choose([]);
      return;
    }

    save();
    others.replaceChildren(...unused());
    next.querySelector('.grip').focus();
  };
  const row = (name) => {
    const grip = iconButton('grip', '', null, { className: 'icon-button grip' });
    const up = iconButton('up', text('chain.up', { name }), () => move(item, -1, up));
    const down = iconButton('down', text('chain.down', { name }), () => move(item, 1, down));
    const item = element(
      'li',
      { 'data-name': name },
      grip,
      element('span', { className: 'order-name' }, name),
      badgeOf(status, name),
      element('span', { className: 'order-actions' }, up, down, iconButton('close', text('chain.remove', { name }), () => remove(item))),
    );
    grip.addEventListener('keydown', (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (by) {
        event.preventDefault();
        move(item, by, grip);
      }
    });
    grip.addEventListener('pointerdown', (event) => drag(event, item, list, (by) => move(item, by, null)));
    return item;
  };
  const add = (name) => {
    list.append(row(name));
    save();
    others.replaceChildren(...unused());
    list.lastElementChild.querySelector('.grip').focus();
    announce(text('chain.added', { name, position: list.children.length }));
  };
  const unused = () => settings.find(SETTING).choices
    .filter((name) => !names().some((one) => one.toLowerCase() === name.toLowerCase()))
    .map((name) => element('button', { type: 'button', className: 'chip-button', onclick: () => add(name), 'aria-label': text('chain.add', { name }) }, icon('new'), name));
  const others = element('div', { className: 'chips', role: 'group', 'aria-label': text('chain.others') });
  list.append(...namesIn(settings).map(row));
  [...list.children].forEach((item, index) => label(item, index, list.children.length));
  others.replaceChildren(...unused());
  return [
    list,
    element('h3', {}, text('chain.others')),
    others,
    element('button', { type: 'button', onclick: () => choose([]) }, icon('again'), text('chain.toautomatic')),
  ];
}

const label = (item, index, count) => item.querySelector('.grip').setAttribute('aria-label', text('chain.grip', { name: item.dataset.name, position: index + 1, count }));

/** Follows a pointer, be it a mouse, a pen or a finger. @param {(by: number) => void} move One place up or down. */
function drag(down, item, list, move) {
  down.preventDefault();
  item.querySelector('.grip').setPointerCapture(down.pointerId);
  item.classList.add('dragged');
  const follow = ({ clientY }) => {
    const middle = (one) => one && (({ top, height }) => top + height / 2)(one.getBoundingClientRect());
    while (item.previousElementSibling && clientY < middle(item.previousElementSibling)) {
      move(-1);
    }

    while (item.nextElementSibling && clientY > middle(item.nextElementSibling)) {
      move(1);
    }
  };
  const end = new AbortController();
  const leave = () => {
    item.classList.remove('dragged');
    end.abort();
  };
  list.addEventListener('pointermove', follow, { signal: end.signal });
  list.addEventListener('pointerup', leave, { signal: end.signal });
  list.addEventListener('pointercancel', leave, { signal: end.signal });
}

/** Nobody may be of that name any more. */
const badgeOf = (status, name) => stateBadge(status.find(name) ?? { name });

/** In a word how a provider is. */
export function stateBadge(provider) {
  const state = provider.usable ? 'usable' : provider.coolDownUntil ? 'cooling' : provider.kind === 'local' ? 'idle' : provider.kind ? 'failing' : 'absent';
  return element('span', { className: `badge ${{ usable: 'good', cooling: 'warn', failing: 'warn' }[state] ?? ''}` }, text(`provider.${state}`));
}
