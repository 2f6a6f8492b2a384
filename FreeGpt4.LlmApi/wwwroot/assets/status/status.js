import { listenForLook } from '../frame/look.js';
import { askJson } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { text } from '../shared/strings.js';
import { Plots } from './plots.js';
import { Poll } from './poll.js';
import { showProviders } from './providers.js';
import { showReplicas } from './replicas.js';
import { showState } from './state.js';

/** The page: asks how the cluster is as long as somebody looks. */

const plots = new Plots();
const spans = byId('spans');
const span = () => spans.querySelector(':checked').value;

async function read() {
  const asked = span();
  const [status, series] = await Promise.all([askJson('/status'), seriesOf(asked)]);
  showState(status);
  showProviders(status.providers);
  showReplicas(status);
  if (asked === span()) {
    plots.show(series, asked);
  }
}

/** @returns {Promise<object|null>} `null` for who may not see it. */
async function seriesOf(asked) {
  try {
    return await askJson(`/status/series?span=${asked}`);
  } catch (failure) {
    if (failure.status === 401) {
      return null;
    }

    if (failure.status === 0) {
      throw failure;
    }

    // The database may be gone: the rest is told all the same.
    return { failed: true };
  }
}

const poll = new Poll(read, {
  changed: (state) => {
    const live = byId('live');
    live.hidden = false;
    live.className = `badge ${{ live: 'good', paused: '', lost: 'bad' }[state]}`;
    live.textContent = text({ live: 'live', paused: 'live.paused', lost: 'live.lost' }[state]);
  },
  lost: () => showState(null),
});

listenForLook(() => plots.draw());
spans.addEventListener('change', () => poll.now());
for (const colours of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(colours).addEventListener('change', () => plots.draw());
}

await poll.now();
document.body.classList.add('ready');
