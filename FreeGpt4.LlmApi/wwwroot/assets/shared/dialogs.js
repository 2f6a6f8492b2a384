import { element, iconButton } from './dom.js';
import { text } from './strings.js';

/**
 * Opens a dialog over the page; Escape, the cross and a click beside it close it.
 * @param {string} title
 * @param {Node[]} content
 * @param {{className?: string}} [options]
 * @returns {HTMLDialogElement} It is gone once it is closed.
 */
export function openDialog(title, content, { className = '' } = {}) {
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const dialog = element(
    'dialog',
    { className: `dialog ${className}`, 'aria-labelledby': id },
    element(
      'div',
      { className: 'dialog-body' },
      element('header', { className: 'dialog-head' }, element('h2', { id }, title), iconButton('close', text('close'), () => dialog.close())),
      ...content,
    ),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) {
      dialog.close();
    }
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @returns {Promise<boolean>} Whether somebody said yes. */
export function confirmed(title, question, yes) {
  return new Promise((resolve) => {
    const dialog = openDialog(title, [
      element('p', {}, question),
      element(
        'div',
        { className: 'dialog-foot' },
        element('button', { type: 'button', onclick: () => dialog.close() }, text('cancel')),
        element('button', { type: 'button', className: 'danger', onclick: () => dialog.close('yes') }, yes),
      ),
    ]);
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'));
  });
}

/** @returns {Promise<string|null>} What was written, or `null`. */
export function written(title, label, value, maxLength) {
  return new Promise((resolve) => {
    const field = element('input', { value, maxLength, required: true });
    const form = element(
      'form',
      { method: 'dialog', onsubmit: () => (dialog.returnValue = 'save') },
      element('label', { className: 'field' }, label, field),
      element(
        'div',
        { className: 'dialog-foot' },
        element('button', { type: 'button', onclick: () => dialog.close() }, text('cancel')),
        element('button', { className: 'primary', value: 'save' }, text('save')),
      ),
    );
    const dialog = openDialog(title, [form]);
    field.select();
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'save' ? field.value.trim().toWellFormed() : null));
  });
}
