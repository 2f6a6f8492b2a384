// The API keeps 64 KB beside a message.
const LONGEST = 20_000;
const MOST_BYTES = 60_000;

/** As much of what a model thought as can be kept. */
export function keptThoughts(thoughts) {
  const bytes = new TextEncoder();

  // Half a character cannot be kept, and one that is no letter may take six bytes.
  let kept = thoughts.slice(0, LONGEST).toWellFormed();
  while (bytes.encode(JSON.stringify(kept)).length > MOST_BYTES) {
    kept = kept.slice(0, kept.length / 2).toWellFormed();
  }

  return kept;
}
