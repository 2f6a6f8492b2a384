/** After somebody has logged out: nothing that they were writing is left for who comes next, and the other tabs of the browser leave as well. */
export function leave() {
  try {
    Object.keys(localStorage).filter((key) => /^freegpt4-(?:draft|unsaved):/.test(key)).forEach((key) => localStorage.removeItem(key));
  } catch {
    // A browser that keeps nothing.
  }

  new BroadcastChannel('freegpt4-conversations').postMessage({ left: true });
  location.replace('/');
}
