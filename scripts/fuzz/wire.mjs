import { connect } from 'node:net';

const HANG_MS = 5_000;

/**
 * Sends bytes as they are and waits until the server has answered or closed.
 * `isWhole: false` ends our side after the bytes, so that a server need not wait for the rest.
 */
export function exchange(port, { bytes, isWhole, isHead }) {
  return new Promise((resolve) => {
    const chunks = [];
    let settled = false;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const settle = (outcome) => {
      if (settled) return;
      settled = true;
      clearTimeout(limit);
      // No lingering: a hundred thousand closed connections would use up the ports.
      socket.resetAndDestroy();
      resolve({ outcome, text: Buffer.concat(chunks).toString('latin1') });
    };
    const limit = setTimeout(() => settle('hang'), HANG_MS);
    socket.on('connect', () => (isWhole ? socket.write(bytes) : socket.end(bytes)));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWhole && isComplete(Buffer.concat(chunks).toString('latin1'), isHead)) settle('answered');
    });
    socket.on('end', () => settle('closed'));
    socket.on('close', () => settle('closed'));
    socket.on('error', (error) => settle(error.code === 'ECONNREFUSED' ? 'refused' : 'closed'));
  });
}

/** Status lines of all replies in what came back. */
export const statusesOf = (text) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

function isComplete(text, isHead) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const status = Number(head.slice(9, 12));
  if (status < 200) return isComplete(text.slice(end + 4), isHead);
  if (isHead || status === 204 || status === 304) return true;
  const length = /^content-length: (\d+)/im.exec(head);
  if (length) return text.length >= end + 4 + Number(length[1]);
  return !/^transfer-encoding: chunked/im.test(head) || text.endsWith('0\r\n\r\n');
}
