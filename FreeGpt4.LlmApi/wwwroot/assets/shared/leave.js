/** Nothing that was being written is left in the browser. */
export function forgetWritten() {
  try {
    Object.keys(localStorage).filter((key) => /^freegpt4-(?:draft|unsaved):/.test(key)).forEach((key) => localStorage.removeItem(key));
  } catch {
    // A browser that keeps nothing.
  }
}

/** After somebody has logged out: nothing is left for who comes next, and the other tabs of the browser leave as well. */
export function leave() {
  forgetWritten();
  new BroadcastChannel('freegpt4-conversations').postMessage({ left: true });
  location.replace('/');
}
