import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** What the server does with the next mails. */
export type Behaviour =
  | 'accept'
  /** Breaks the connection while the mail is coming in. */
  | 'die'
  /** Takes the mail and never answers. */
  | 'hang'
  | { readonly at: 'connect' | 'sender' | 'recipient' | 'data'; readonly code: number };

/** A mail as it came over the wire. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header fields by lower-case name; a repeated one has all its values. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly raw: string;
}

/** A real SMTP server that misbehaves on demand; no TLS, no passwords. */
export class MailServer {
  behaviour: Behaviour = 'accept';
  readonly received: ReceivedMail[] = [];
  /** How many mails it was offered, taken or not. */
  offered = 0;
  private readonly sockets = new Set<Socket>();
  private waiting: (() => void)[] = [];

  private constructor(private readonly server: SMTPServer) {}

  static async start(): Promise<MailServer> {
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      logger: false,
      onConnect: (_session, done) => done(mail.refusalAt('connect')),
      onMailFrom: (_address, _session, done) => {
        mail.offered += 1;
        done(mail.refusalAt('sender'));
      },
      onRcptTo: (address, _session, done) => done(mail.refusalAt('recipient', address.address)),
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (mail.behaviour === 'die') mail.breakConnections();
        });
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : (envelope.mailFrom?.address ?? '');
          const to = envelope.rcptTo.map(({ address }) => address);
          mail.take(from, to, Buffer.concat(chunks).toString('utf8'), done);
        });
      },
    });
    // A connection that breaks is what some tests want.
    server.on('error', () => undefined);
    const mail = new MailServer(server);
    server.server.on('connection', (socket: Socket) => {
      mail.sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => mail.sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return mail;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /** Resolves when a mail has come in whole, whatever is answered. */
  nextMail(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.breakConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private take(from: string, to: string[], raw: string, done: (error?: Error | null) => void): void {
    const refusal = this.refusalAt('data');
    // What was taken in and not answered is nobody's yet.
    if (!refusal && this.behaviour === 'accept') this.received.push({ from, to, headers: headersOf(raw), raw });
    this.waiting.splice(0).forEach((resolve) => resolve());
    if (this.behaviour !== 'hang') done(refusal);
  }

  private refusalAt(step: string, about = 'you'): Error | null {
    if (typeof this.behaviour === 'string' || this.behaviour.at !== step) return null;
    // Real servers repeat the address.
    return Object.assign(new Error(`not for <${about}>`), { responseCode: this.behaviour.code });
  }
}

function headersOf(raw: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  for (const line of head.split('\r\n')) {
    const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    (headers[name.toLowerCase()] ??= []).push(value);
  }
  return headers;
}
