import { deviceNameOf } from './device-name.js';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0';

describe('the name of a device', () => {
  it.each<[name: string, userAgent: string]>([
    ['Chrome on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`],
    ['Microsoft Edge on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/126.0.0.0`],
    ['Chrome on Android', `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${CHROME} Mobile Safari/537.36`],
    ['Firefox on macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0'],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'],
    ['Safari on iPhone', `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Safari/604.1`],
    ['Safari on iPad', `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Safari/604.1`],
    ['curl', 'curl/8.5.0'],
    ['python-requests', 'python-requests/2.32'],
    ['node', 'node'],
    ['MyApp on iPhone', 'MyApp/2.1 (iPhone; iOS 17.5)'],
  ])('is %s', (name, userAgent) => expect(deviceNameOf(userAgent)).toBe(name));

  it.each([null, '', '   ', '\r\n\t', '\u202e\u0000'])('is none for %j', (userAgent) => {
    expect(deviceNameOf(userAgent)).toBeNull();
  });

  it('holds no control characters, and is short', () => {
    expect(deviceNameOf('ev\u0007il\r\nagent/1')).toBe('ev');
    expect(deviceNameOf('\u202egnp.exe/1')).toBe('gnp.exe');
    expect(deviceNameOf('x'.repeat(512))).toBe('x'.repeat(32));
    expect(deviceNameOf(`${'x'.repeat(100)}/1 (Windows NT 10.0)`)).toBe(`${'x'.repeat(32)} on Windows`);
  });

  it('takes bounded work, whatever a client sends', () => {
    const words = ['(', ' ', 'a/', 'Android ', 'version/1 ', 'like android ', 'tizen', 'MSIE ', '1.', '\ud800'];
    const hostile = words.map((word) => word.repeat(100_000));
    const startedAt = performance.now();
    for (const userAgent of hostile) expect((deviceNameOf(userAgent) ?? '').length).toBeLessThan(70);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
