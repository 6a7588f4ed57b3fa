import { readFileSync } from 'node:fs';
import type { AuthKitOptions } from 'nest-authkit';
import type { Reply } from '../support/client.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';
import { differencesOf, filled, flowsOf, matchesText, messageOf, type Known, type Step } from './support/flow-page.js';

const PAGE = 'docs/flows.md';
const flows = flowsOf({ path: PAGE, text: readFileSync(PAGE, 'utf8') });

/** Options that a flow may ask for by name. */
const OPTIONS: Record<string, Partial<AuthKitOptions>> = {
  rateLimits: { rateLimits: {} },
  requireVerifiedEmail: { registration: { requireVerifiedEmail: true } },
};

describe('the page of flows', () => {
  it('has some, each asking only for what there is', () => {
    expect(flows.length).toBeGreaterThan(1);
    const words = flows.flatMap(({ setting }) => setting);
    expect(words.filter((word) => !(word in OPTIONS) && !/^\w+@[\w.]+ (is there|is signed in)$/.test(word))).toEqual(
      [],
    );
  });
});

describeOn('the flow', { databases: ['memory'] }, ({ adapter }) => {
  it.each(flows.map((flow) => [flow.title, flow] as const))('%s goes as the page says', async (_title, flow) => {
    const known: Known = new Map();
    const options = flow.setting.map((word) => OPTIONS[word] ?? {});
    const t = await createTestApp({ adapter, authkit: Object.assign({}, ...options) as Partial<AuthKitOptions> });
    try {
      for (const word of flow.setting) await prepare(t, word, known);
      for (const step of flow.steps) await take(t, step, known);
    } finally {
      await t.close();
    }
  });
});

async function prepare(t: TestApp, word: string, known: Known): Promise<void> {
  const [email, ...rest] = word.split(' ');
  if (!email.includes('@')) return;
  const user = await t.kit.user({ email, password: PASSWORD, emailVerified: true });
  if (rest.join(' ') !== 'is signed in') return;
  const { accessToken, refreshToken, sessionId } = await t.kit.actingAs(user, { transport: 'bearer' });
  for (const [name, value] of Object.entries({ accessToken, refreshToken, sessionId })) known.set(name, value);
}

async function take(t: TestApp, step: Step, known: Known): Promise<void> {
  let times = 1;
  for (const remark of step.remarks) {
    const [, later, count] = /^(?:(\d+[smhd]) later|(\d+) times)$/.exec(remark) ?? [];
    if (later !== undefined) t.clock.advance(later as `${number}m`);
    else if (count !== undefined) times = Number(count);
    else throw new Error(`${step.at}: nobody knows what '${remark}' is`);
  }
  if (step.kind === 'mail') return expectMail(t, step.mail, step.at, known);
  for (let i = 0; i < times; i += 1) await call(t, step, known);
}

async function call(t: TestApp, step: Step & { kind: 'call' }, known: Known): Promise<void> {
  const { first, headers, body } = messageOf(filled(step.request, known));
  const [method, path] = first.split(' ');
  const reply = await t.client.call(method, path, {
    headers: Object.fromEntries(headers),
    body: body === '' ? undefined : body,
  });
  expectReply(step, reply, known);
}

function expectReply(step: Step & { kind: 'call' }, reply: Reply, known: Known): void {
  const { first, headers, body } = messageOf(step.reply);
  expect(`${step.at} ${reply.status} ${reply.text}`).toContain(`${step.at} ${first.split(' ')[1]} `);
  for (const [name, value] of headers) {
    const there = [reply.headers[name] ?? []].flat();
    if (!there.some((one) => matchesText(value, one, known))) {
      throw new Error(`${step.at}: no header ${name}: ${value}, but ${JSON.stringify(there)}`);
    }
  }
  if (body === '') expect(`${step.at} ${reply.text}`).toBe(`${step.at} `);
  else
    expect({ at: step.at, differs: differencesOf(JSON.parse(body), reply.body, known) }).toEqual({
      at: step.at,
      differs: [],
    });
}

/** The newest mail to that address. */
async function expectMail(t: TestApp, shown: string, at: string, known: Known): Promise<void> {
  const { headers, first, body } = messageOf(shown);
  const [, to] = /^To: (.+)$/.exec(filled(first, known)) ?? [];
  const [, subject] = headers.find(([name]) => name === 'subject') ?? [];
  const mail = (await t.mails()).find((one) => one.to === to);
  if (!mail) throw new Error(`${at}: no mail to ${to}`);
  if (subject !== undefined) expect(`${at} ${mail.subject}`).toBe(`${at} ${subject}`);
  for (const line of body.split('\n')) {
    if (!matchesText(`...${line}...`, mail.text, known)) throw new Error(`${at}: no line ${line} in ${mail.text}`);
  }
}
