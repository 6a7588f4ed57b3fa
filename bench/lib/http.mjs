import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One call; resolves with the parsed body and Set-Cookie, rejects unless it is answered with 2xx. */
export async function call(port, path, options = {}) {
  const { status, text, cookies } = await ask(port, path, options);
  if (status >= 300) throw new Error(`${options.method ?? 'GET'} ${path}: ${status} ${text}`);
  return { body: text && JSON.parse(text), cookies };
}

/** A POST answered in whatever way; the status. Rejects when a limit of the app spoils the measurement. */
export async function answerOf(port, path, body) {
  const { status, text } = await ask(port, path, { method: 'POST', body });
  if (status === 404 || status === 429 || status >= 500) throw new Error(`${path}: ${status} ${text}`);
  return status;
}

function ask(port, path, { method = 'GET', headers = {}, body } = {}) {
  const payload = body && JSON.stringify(body);
  const own = payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, agent, headers: { ...own, ...headers } },
      (reply) => {
        const chunks = [];
        reply.on('data', (chunk) => chunks.push(chunk));
        reply.on('error', reject);
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: reply.statusCode, text, cookies: reply.headers['set-cookie'] ?? [] });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

export const post = (port, path, body, headers) => call(port, path, { method: 'POST', headers, body });

/** The origin in the kit's default baseUrl; a login that asks for cookies must name it. */
const ORIGIN = 'http://localhost:3000';
export const PASSWORD = 'violet harbour lantern 42';

const credentialsOf = (n) => ({ email: `user${n}@example.com`, password: PASSWORD });

export async function register(port, count) {
  await Promise.all(Array.from({ length: count }, (_, n) => post(port, '/auth/register', credentialsOf(n))));
}

export async function login(port, n, transport = 'bearer') {
  const { email, password } = credentialsOf(n);
  return post(port, '/auth/login', { identifier: email, password, transport }, { origin: ORIGIN });
}

/** Header of a new session in either transport. */
export async function sessionHeaders(port, n, transport) {
  const { body, cookies } = await login(port, n, transport);
  return transport === 'cookie'
    ? { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') }
    : { authorization: `Bearer ${body.access_token}` };
}
