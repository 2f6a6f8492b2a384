/** The cluster's API: the same for this page as for everybody. */

/** A reply that is an error, or none at all. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when nobody answered.
   * @param {{message?: string, code?: string, type?: string}} error As the reply has it.
   * @param {Headers} [headers]
   */
  constructor(status, error, headers) {
    super(error.message ?? `Status ${status}`);
    this.status = status;
    this.code = error.code ?? null;
    this.requestId = headers?.get('x-request-id') ?? null;
    this.retryAfter = Number(headers?.get('retry-after')) || null;
  }
}

/**
 * Asks, and waits for the head of the reply.
 * @param {string} path
 * @param {{method?: string, body?: unknown, signal?: AbortSignal, headers?: Record<string, string>}} [options] The body becomes JSON, unless it is a file.
 * @returns {Promise<Response>} One that is no error.
 * @throws {ApiError}
 */
export async function ask(path, { method = 'GET', body, signal, headers = {} } = {}) {
  const request = { method, signal, headers: { accept: 'application/json', ...headers } };
  if (method !== 'GET') {
    // No form and no page of another site can send it.
    request.headers['x-freegpt4-csrf'] = '1';
  }

  if (body instanceof Blob) {
    request.headers['content-type'] = 'application/octet-stream';
    request.body = body;
  } else if (body !== undefined) {
    request.headers['content-type'] = 'application/json';
    request.body = JSON.stringify(body);
  }

  let response;
  try {
    response = await fetch(path, request);
  } catch (failure) {
    if (failure.name === 'AbortError') {
      throw failure;
    }

    throw new ApiError(0, { message: failure.message, code: 'no_connection' });
  }

  if (!response.ok) {
    throw new ApiError(response.status, await errorOf(response), response.headers);
  }

  return response;
}

/** @returns The reply's JSON, or `null` when it has no body. */
export async function askJson(path, options) {
  const response = await ask(path, options);
  return response.status === 204 ? null : response.json();
}

async function errorOf(response) {
  const body = await response.text().catch(() => '');
  try {
    return JSON.parse(body).error ?? {};
  } catch {
    // Of somebody between here and the cluster, who does not speak JSON.
    return { message: body.slice(0, 500) || `${response.status} ${response.statusText}` };
  }
}
