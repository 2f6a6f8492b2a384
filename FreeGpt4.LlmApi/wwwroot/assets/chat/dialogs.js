/**
 * Dialogs that the first view does without.
 * @param {() => void} missing Their module does not come.
 * @returns {(name: string, open: (module: object) => void) => Promise<void>} Opens one, by the name of its module; not two at once.
 */
export function dialogs(missing) {
  let isOpening = false;
  return async (name, open) => {
    if (isOpening) {
      return;
    }

    isOpening = true;
    const module = await import(`../chat-dialogs/${name}.js`).catch(() => null);
    isOpening = false;
    if (module) {
      open(module);
    } else {
      missing();
    }
  };
}
