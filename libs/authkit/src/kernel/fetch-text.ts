export interface FetchTextOptions {
  /** Milliseconds until it gives up, the body included. */
  readonly timeout: number;
  readonly maxBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

/** A text by HTTP, without redirects. Throws for any other status than 2xx, a larger body, and when it takes too long. */
export async function fetchText(url: URL, options: FetchTextOptions): Promise<string> {
  const { timeout, maxBytes, headers } = options;
  const signal = AbortSignal.timeout(timeout);
  const response = await (options.fetch ?? fetch)(url, { redirect: 'error', signal, headers });
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  // By hand: once the request is collected, fetch's own signal does not end the reading of a body that stalls.
  const stop = () => void reader?.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop);
  try {
    if (!response.ok || !reader) throw new Error(`HTTP ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) break;
      size += value.length;
      if (size > maxBytes) throw new Error(`the document is larger than ${maxBytes} bytes`);
      chunks.push(value);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
