import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What rule sets of web application firewalls look for, by family. */
const ATTACKS = {
  sql: [
    "' OR '1'='1",
    "admin'--",
    '1; DROP TABLE users;--',
    "' UNION SELECT null,version()--",
    '1 AND SLEEP(5)',
    "'||pg_sleep(5)--",
    "x' AND 1=(SELECT COUNT(*) FROM auth_sessions)--",
    "\"; WAITFOR DELAY '0:0:5'--",
    '\\x27 OR 1=1#',
    "') OR ('a'='a",
  ],
  script: [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'javascript:alert(1)',
    '<svg/onload=alert(1)>',
    '{{constructor.constructor("return process")()}}',
    '${7*7}',
    '<%= 7*7 %>',
    '#{7*7}',
  ],
  path: [
    '../../../../etc/passwd',
    '..\\..\\windows\\win.ini',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '..%252f..%252f',
    '....//....//',
    '/.git/config',
    'file:///etc/hostname',
    '%c0%ae%c0%ae/',
    '/auth/../users',
    '/auth;/me',
    '/auth/me/.',
    '//auth//me',
  ],
  line: [
    'a\r\nSet-Cookie: planted=1',
    'a\nX-Injected: 1',
    '%0d%0aLocation:%20https://evil.example',
    'a\r\n\r\n<html>',
    '\u2028\u2029',
    '\u0085',
  ],
  command: ['; cat /etc/passwd', '`id`', '$(id)', '| whoami', '& ping -c 1 127.0.0.1', '() { :;}; echo x'],
  lookup: [
    '${jndi:ldap://127.0.0.1/a}',
    '*)(uid=*',
    '{"$gt":""}',
    '[$ne]=1',
    '!!js/function',
    '<!ENTITY x SYSTEM "a">',
  ],
  prototype: [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
    'then',
    'toJSON',
  ],
  number: ['NaN', 'Infinity', '-0', '1e309', '9007199254740993', '0x10', '1_000', '-1', '2147483648', '00', '١٢'],
  unicode: [
    '\0',
    'a\0b',
    '\ud800',
    '\udc00\ud800',
    'é'.normalize('NFD').repeat(20),
    'ﷺ'.repeat(20),
    '\u202eevil',
    'ı@example.com',
    'K@example.com',
    'a\u200b@example.com',
    '𝖆𝖉𝖒𝖎𝖓',
    'İ',
    '\ufeff',
  ],
  empty: ['', ' ', '\t', 'null', 'undefined', 'true', '[]', '{}', '""'],
};

// eslint-disable-next-line no-control-regex -- they are what is meant
const CONTROLS = /[\x00-\x1f\x7f]/g;

/** Strings that break programs: own ones by family, the Big List of Naughty Strings if there is one, and random ones. */
export class Strings {
  constructor(random, vectors) {
    this.random = random;
    this.families = Object.values(ATTACKS);
    const blns = vectors && join(vectors, 'blns/blns.json');
    if (blns && existsSync(blns)) this.families.push(JSON.parse(readFileSync(blns, 'utf8')));
    this.hasList = this.families.length > Object.keys(ATTACKS).length;
  }

  any() {
    const { random } = this;
    switch (random.below(8)) {
      case 0:
        return random.pick(['a', '%', '"', '\\', '=', ';', '\u00e9', '\u{1f600}']).repeat(1 + random.below(600));
      case 1:
        return random.bytes(random.below(60)).toString(random.pick(['latin1', 'utf8', 'base64', 'hex']));
      case 2:
        return this.known() + this.known();
      case 3:
        return encodeURIComponent(this.known().toWellFormed());
      default:
        return this.known();
    }
  }

  known() {
    return this.random.pick(this.random.pick(this.families));
  }

  /** The same as one header line; control characters, which the HTTP parser refuses by itself, only now and then. */
  header() {
    const text = this.any().replace(/[\r\n]/g, ' ');
    return this.random.once(25) ? text : text.replace(CONTROLS, ' ');
  }
}
