import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const BIN = 'libs/authkit/dist/esm/cli/nest-authkit.js';
const DEMO = ['dist/apps/demo/create-app.js', '--export', 'createDemoApp'];
const SNAPSHOT = 'apps/demo/routes.json';

/** The command as people run it, on the built demo. */
function run(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number | null; out: string; err: string }>((done, fail) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env['PATH'], SQLITE_FILE: ':memory:', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('error', fail);
    child.once('close', (code) => done({ code, out, err }));
  });
}

describe('nest-authkit routes', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync('dist/routes-');
    const built = (name: string) => JSON.stringify(resolve('dist/apps/demo', name));
    writeFileSync(join(folder, 'other.mjs'), `export { createDemoApp as default } from ${built('create-app.js')};\n`);
    writeFileSync(
      join(folder, 'module.mjs'),
      `import { AppModule as Demo } from ${built('app.module.js')};
       import { readDemoConfig } from ${built('demo-config.js')};
       export const AppModule = Demo.with(readDemoConfig(process.env));\n`,
    );
    writeFileSync(join(folder, 'broken.mjs'), `export function createApp() { throw new Error('no database here'); }\n`);
    writeFileSync(join(folder, 'wrong.cjs'), `exports.createApp = async () => ({ init: null });\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['express', 'fastify'])('finds the demo as its committed snapshot says (%s)', async (adapter) => {
    const checked = await run(['routes', ...DEMO, '--check', SNAPSHOT], { ADAPTER: adapter });
    // If the change is meant: npm run routes -- --write apps/demo/routes.json
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(checked.out).toMatch(/^\d+ routes: .*\. As in apps\/demo\/routes\.json\.\n$/);
  });

  it('prints a table with counts and what no guard sees', async () => {
    const { code, out, err } = await run(['routes', ...DEMO]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^METHOD +PATH +WHO +HANDLER *\n/);
    expect(out).toMatch(/^GET +\/notes\/all +permission notes:read +NotesModule NotesController\.listAll$/m);
    expect(out).toMatch(/^POST +\/auth\/login +public +AuthKitModule LoginController\.login$/m);
    expect(out).toMatch(/^\d+ routes: \d+ public, 1 optional, \d+ signed in, \d+ by role or permission$/m);
    expect(out).toMatch(/^note: not guarded, as no controller's: .*GET \/docs/m);
    expect(out).toMatch(/^note: static files are not guarded/m);
  });

  it('prints JSON with --json, of a default export', async () => {
    const { code, out } = await run(['routes', join(folder, 'other.mjs'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
  });

  it('makes the app of an exported module itself, and keeps what Nest logs out of the answer', async () => {
    const { code, out } = await run(['routes', join(folder, 'module.mjs'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
  });

  it('writes the snapshot that --check accepts', async () => {
    const file = join(folder, 'written.json');
    expect((await run(['routes', ...DEMO, '--write', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(SNAPSHOT, 'utf8'));
  });

  it('names new, gone and changed routes, and exits with 1', async () => {
    const rows = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as { path: string; who: string; method: string }[];
    const file = join(folder, 'changed.json');
    const gone = { method: 'GET', path: '/gone', who: 'signed in', handler: 'A B.c', explicit: false };
    const changed = rows
      .filter(({ path }) => path !== '/greeting')
      .map((row) => (row.path === '/users' ? { ...row, who: 'role owner' } : row));
    writeFileSync(file, JSON.stringify([gone, ...changed]));
    const { code, out } = await run(['routes', ...DEMO, '--check', file]);
    expect(code).toBe(1);
    expect(out.split('\n').filter((line) => /^[-+~]/.test(line))).toEqual([
      '- GET /gone: signed in (no rule declared), A B.c',
      '+ GET /greeting: anyone, AppModule HomeController.greeting',
      '~ GET /users: role owner -> role admin',
    ]);
    expect(out).toContain(`--write ${file}`);
  });

  it.each<[string, string[], RegExp]>([
    ['no command', [], /^nest-authkit routes <file>/],
    ['an unknown command', ['rules'], /There is no command rules\./],
    ['no file', ['routes'], /Name one file\./],
    ['an unknown option', ['routes', 'x.js', '--frobnicate'], /frobnicate/],
    [
      'two answers at once',
      ['routes', 'x.js', '--json', '--check', SNAPSHOT],
      /Give one of --json, --check and --write/,
    ],
    ['a file that is not there', ['routes', 'nowhere.js'], /nowhere\.js/],
    ['an export that is not there', ['routes', DEMO[0]], /exports no function and no module named createApp/],
    ['a snapshot that is not there', ['routes', ...DEMO, '--check', 'nowhere.json'], /nowhere\.json cannot be read/],
    ['a snapshot of something else', ['routes', ...DEMO, '--check', 'package.json'], /package\.json is no snapshot/],
  ])('exits with 2 and says why: %s', async (_name, args, message) => {
    const { code, out, err } = await run(args);
    expect(code).toBe(2);
    expect(out + err).toMatch(message);
    expect(out + err).not.toMatch(/^ {4}at /m);
  });

  it('exits with 2 when the app does not start, or is none', async () => {
    const broken = await run(['routes', join(folder, 'broken.mjs')]);
    expect([broken.code, broken.out]).toEqual([2, '']);
    expect(broken.err).toContain('no database here');
    const wrong = await run(['routes', join(folder, 'wrong.cjs')]);
    expect([wrong.code, wrong.out]).toEqual([2, '']);
    expect(wrong.err).toContain('is no Nest application');
  });
});
