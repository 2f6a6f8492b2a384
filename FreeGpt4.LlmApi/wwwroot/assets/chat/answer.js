import { ApiError, ask } from '../shared/api.js';
import { eventsOf } from './events.js';

// Milliseconds. What comes faster than it can be shown must not keep the page from being drawn.
const AT_ONCE = 8;

/**
 * Asks for an answer and reads it while it comes.
 * @param {object} request As the API has it, without what concerns the stream.
 * @param {{signal: AbortSignal, onRoute: (details: object) => void, onText: (text: string) => void, onThought: (text: string) => void}} listener
 * @returns {Promise<object>} What is kept of it: who answered, tokens, times in milliseconds.
 * @throws {ApiError} Also when it breaks off: then `isPartial` says so.
 */
export async function readAnswer(request, { signal, onRoute, onText, onThought }) {
  const began = performance.now();
  const response = await ask('/v1/chat/completions', {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: { ...request, stream: true, stream_options: { include_usage: true } },
    signal,
  });
  const details = routeOf(response.headers);
  onRoute(details);
  let isComplete = false;
  try {
    let since = performance.now();
    for await (const event of eventsOf(response.body)) {
      if (performance.now() - since > AT_ONCE) {
        await nextTask();
        since = performance.now();
      }

      if (event.comment?.startsWith('x-freegpt4-usage')) {
        details.isEstimated = true;
      }

      if (event.data === '[DONE]') {
        // The end of the stream follows at once; who does not wait for it seems to have left.
        isComplete = true;
      } else if (event.data !== undefined) {
        take(JSON.parse(event.data), details, began, response.headers, onText, onThought);
      }
    }
  } catch (failure) {
    throw failure.name === 'AbortError' || failure instanceof ApiError ? failure : broken(failure.message, response.headers);
  }

  if (!isComplete) {
    throw broken('The connection ended before the answer did.', response.headers);
  }

  return details;
}

function take(chunk, details, began, headers, onText, onThought) {
  if (chunk.error) {
    throw Object.assign(new ApiError(502, chunk.error, headers), { isPartial: true });
  }

  if (chunk.usage) {
    details.promptTokens = chunk.usage.prompt_tokens;
    details.completionTokens = chunk.usage.completion_tokens;
  }

  const choice = chunk.choices?.[0];
  if (!choice) {
    return;
  }

  // Providers that tell what a model thinks call it by one of these names.
  const thought = choice.delta?.reasoning_content ?? choice.delta?.reasoning;
  const text = choice.delta?.content ?? choice.delta?.refusal;
  if (thought || text) {
    details.firstMs ??= Math.round(performance.now() - began);
  }

  if (thought) {
    onThought(thought);
  }

  if (text) {
    onText(text);
  }

  if (choice.finish_reason) {
    details.finish = choice.finish_reason;
  }
}

function routeOf(headers) {
  const model = headers.get('x-freegpt4-model');
  return {
    provider: headers.get('x-freegpt4-provider'),
    model: model && decoded(model),
    fallbacks: Number(headers.get('x-freegpt4-fallbacks')) || 0,
  };
}

// A name that is not ASCII comes escaped; one with a percent sign of its own may not be.
function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const broken = (message, headers) => Object.assign(new ApiError(0, { message, code: 'broken_off' }, headers), { isPartial: true });

/** Lets the page be drawn and used. Timers would not do: in a tab that is not seen they wait for a second. */
function nextTask() {
  return globalThis.scheduler?.yield?.() ?? new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
