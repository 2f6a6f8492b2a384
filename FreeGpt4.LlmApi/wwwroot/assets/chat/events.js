/**
 * Reads a stream of events, https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, as far as the API
 * makes use of it: data and comments.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{data?: string, comment?: string}>}
 */
export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }

      // A line that ends with a carriage return may go on with a line feed.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) {
            yield { data: data.join('\n') };
            data = [];
          }
        } else if (line.startsWith(':')) {
          yield { comment: line.slice(1).trim() };
        } else if (line.startsWith('data:')) {
          data.push(line.slice(5).replace(/^ /, ''));
        }
      }
    }
  } finally {
    // Who stops reading does not want the rest.
    await reader.cancel().catch(() => {});
  }
}
