const MAX_BYTES = 64 * 1024;

/** A JSON document by HTTP, at most 64 KiB, without redirects. Throws for anything else, also when it takes longer (ms). */
export async function fetchJson(url: URL, timeout: number): Promise<unknown> {
  const signal = AbortSignal.timeout(timeout);
  const response = await fetch(url, {
    redirect: 'error',
    signal,
    // A copy some minutes old would not show a key that is asked for because it is new.
    headers: { accept: 'application/jwk-set+json, application/json', 'cache-control': 'no-cache' },
  });
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
      if (size > MAX_BYTES) throw new Error(`the document is larger than ${MAX_BYTES} bytes`);
      chunks.push(value);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
