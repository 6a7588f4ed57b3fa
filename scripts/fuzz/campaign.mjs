import { randomBytes } from 'node:crypto';
import { Demo } from './demo.mjs';
import { Random } from './random.mjs';
import { Requests } from './requests.mjs';
import { Strings } from './strings.mjs';
import { exchange, statusesOf } from './wire.mjs';

const PARALLEL = 16;
const CONTROL_EVERY = 250;
const SIGN_IN_EVERY = 2_500;
const SAMPLE_EVERY = 1_000;
const CONTROL_LIMIT_MS = 2_000;
/** Hashes are made at the lowest priority: on a busy machine a login waits long, and is still no hang. */
const LOGIN_LIMIT_MS = 120_000;
/** What a reply never shows of the server's inside. */
const INTERNALS = /node_modules|\n\s+at \S+ \(|QueryFailed|SQLITE_|\$2[aby]\$\d\d\$/;
const REJECTED = /unhandled|uncaught|ERR_|MaxListenersExceeded|heap out of memory/i;

/** Malformed requests at one demo, and what came of them. */
export class Campaign {
  constructor({ adapter, requests, seed, vectors, databaseUrl }) {
    this.random = new Random(seed);
    this.strings = new Strings(this.random, vectors);
    this.held = { access: '', refresh: '' };
    this.requests = new Requests(this.random, this.strings, this.held);
    this.secrets = { victim: password(), control: password() };
    Object.assign(this, { adapter, total: requests, seed, databaseUrl });
    this.counts = { answered: 0, closed: 0 };
    this.statuses = {};
    this.samples = [];
    this.violations = [];
    this.overloaded = 0;
    this.controls = { calls: 0, slowest: 0, logins: 0, slowestLogin: 0 };
  }

  async run() {
    const started = performance.now();
    this.demo = await Demo.start(this.adapter, this.databaseUrl);
    try {
      for (const who of ['victim', 'control']) {
        await this.post('/auth/register', { email: `${who}@example.com`, password: this.secrets[who] });
      }
      this.control = await this.signIn('control');
      Object.assign(this.held, await this.signIn('victim'));
      let sent = 0;
      const lane = async () => {
        while (sent < this.total && this.demo.isAlive && this.violations.length < 20) await this.one((sent += 1));
      };
      await Promise.all(Array.from({ length: PARALLEL }, lane));
      await this.controlCall();
      this.sent = sent;
    } finally {
      this.judge();
      await this.demo.stop();
    }
    this.seconds = (performance.now() - started) / 1000;
    return this;
  }

  async one(number) {
    if (number % CONTROL_EVERY === 0) await this.controlCall();
    if (number % SIGN_IN_EVERY === 0) {
      Object.assign(this.held, await this.signIn('victim'));
      this.control = await this.signIn('control');
    }
    if (number % SAMPLE_EVERY === 0) this.samples.push({ number, mib: this.demo.memory() });
    const request = this.requests.any();
    const { outcome, text } = await exchange(this.demo.port, request);
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
    if (outcome === 'hang' || outcome === 'refused') this.violate(outcome, request, text);
    for (const status of statusesOf(text)) {
      this.statuses[status] = (this.statuses[status] ?? 0) + 1;
      if (status === 503 && text.includes('"overloaded"')) this.overloaded += 1;
      if (status >= 500) this.violate(`status ${status}`, request, text);
    }
    const leak = [this.demo.secret, ...Object.values(this.secrets)].find((secret) => text.includes(secret));
    if (leak || INTERNALS.test(text)) this.violate('a reply shows internals', request, text);
  }

  /** A client that does nothing wrong is served all the while. */
  async controlCall() {
    const began = performance.now();
    const reply = await this.fetch('/auth/me', { headers: { authorization: `Bearer ${this.control.access}` } });
    const took = performance.now() - began;
    this.controls.calls += 1;
    this.controls.slowest = Math.max(this.controls.slowest, took);
    if (reply.status === 401)
      this.control = await this.signIn('control'); // fifteen minutes are over
    else if (reply.status !== 200) this.violations.push(`control: GET /auth/me answered ${reply.status}`);
    if (took > CONTROL_LIMIT_MS) this.violations.push(`control: GET /auth/me took ${Math.round(took)} ms`);
  }

  async signIn(who) {
    const began = performance.now();
    const reply = await this.post('/auth/login', { identifier: `${who}@example.com`, password: this.secrets[who] });
    const body = await reply.json();
    this.controls.logins += 1;
    this.controls.slowestLogin = Math.max(this.controls.slowestLogin, performance.now() - began);
    if (reply.status !== 200) throw new Error(`${who} cannot log in: ${reply.status} ${JSON.stringify(body)}`);
    return { access: body.access_token, refresh: body.refresh_token };
  }

  post(path, body) {
    return this.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  fetch(path, init) {
    return fetch(`http://127.0.0.1:${this.demo.port}${path}`, {
      ...init,
      signal: globalThis.AbortSignal.timeout(LOGIN_LIMIT_MS),
    });
  }

  /** Resident memory at the start of the second fifth and at the end, each a mean; MiB for a thousand requests between. */
  get memory() {
    const mean = (list) => list.reduce((sum, { mib }) => sum + mib, 0) / list.length;
    const warm = this.samples.slice(Math.floor(this.samples.length / 5));
    const part = Math.max(1, Math.floor(warm.length / 4));
    if (warm.length < 4) return null;
    const [early, late] = [warm.slice(0, part), warm.slice(-part)];
    const thousands = (late.at(-1).number - early[0].number) / 1_000;
    return { early: mean(early), late: mean(late), slope: (mean(late) - mean(early)) / thousands };
  }

  judge() {
    const { memory, demo } = this;
    if (!demo.isAlive) this.violations.push(`the demo has ended:\n${demo.errors.slice(-2_000)}`);
    if (REJECTED.test(demo.errors)) this.violations.push(`stderr of the demo:\n${demo.errors.slice(-2_000)}`);
    if (demo.errors.includes(demo.secret)) this.violations.push('stderr of the demo shows its secret');
    if (memory && memory.late - memory.early > 24) {
      this.violations.push(`memory grew from ${memory.early.toFixed(0)} to ${memory.late.toFixed(0)} MiB`);
    }
  }

  violate(what, { bytes }, text) {
    const shown = (data) => JSON.stringify(data.toString('latin1').slice(0, 600));
    this.violations.push(`${what}\n  sent ${shown(bytes)}\n  got  ${shown(Buffer.from(text, 'latin1'))}`);
  }
}

const password = () => `canary-${randomBytes(12).toString('hex')}`;
