import type { Sockets } from '../demo-config.js';
import { documentOf } from './page.js';

/** The page of the chat, signed in by the cookies of the kit's pages. */
export const chatPage = (sockets: Sockets): string =>
  documentOf(
    'Chat · Notes',
    `<p class="brand"><a href="/">Notes</a></p>
<h1>Chat</h1>
<p class="intro">A socket that lives with your session: sign out on another tab, and it closes.</p>
<p class="notice" id="state" role="status" data-sockets="${sockets}">Connecting …</p>
<form id="join"><label for="room">Room</label><input id="room" value="lobby" maxlength="64" required>
<p class="buttons"><button type="submit" class="small">Join</button></p></form>
<form id="say"><label for="text">Message</label><input id="text" maxlength="2000" autocomplete="off" required>
<p class="buttons"><button type="submit" class="small">Send</button></p></form>
<ol class="mails" id="said"></ol>
<noscript><p class="notice">This page needs JavaScript.</p></noscript>`,
    '/chat.js',
  );

/** What the page does. What others say is shown as text. */
export const CHAT_SCRIPT = `'use strict';

const state = document.getElementById('state');
const said = document.getElementById('said');
let send = () => undefined;

function tell(text, isGood) {
  state.className = isGood ? 'notice success' : 'notice';
  state.textContent = text;
}

function show(text) {
  const line = document.createElement('li');
  line.className = 'mail';
  line.textContent = text;
  said.prepend(line);
}

function hear(event, data) {
  if (event === 'whoami') tell('Connected as ' + data.id + '.', true);
  else if (event === 'joined') show('You are in ' + data.room + '.');
  else if (event === 'message') show(data.room + ', ' + data.from + ': ' + data.text);
  else if (event === 'broadcast') show('To all, ' + data.from + ': ' + data.text);
  else if (event === 'exception') show('Refused: ' + (data.title || data.message));
  else if (event === 'disconnected') tell(data.title + '.', false);
}

/** The socket's cookie may have expired before it was used: one refresh, and one more try. */
async function refused(again) {
  const reply = again && (await fetch('/auth/refresh', { method: 'POST' }).catch(() => null));
  if (reply && reply.ok) return connect(false);
  tell('Not connected. Sign in first, and load this page again.', false);
}

function connect(again) {
  if (state.dataset.sockets === 'ws') connectNative(again);
  else connectSocketIo(again);
}

function connectNative(again) {
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/chat');
  let isOpen = false;
  send = (event, data) => socket.send(JSON.stringify({ event, data }));
  socket.onopen = () => {
    isOpen = true;
    send('whoami');
  };
  socket.onmessage = (message) => {
    const { event, data } = JSON.parse(message.data);
    hear(event, data);
  };
  socket.onclose = () => (isOpen ? show('The connection is closed.') : refused(again));
}

function connectSocketIo(again) {
  const script = document.createElement('script');
  script.src = '/socket.io/socket.io.js';
  script.onload = () => {
    const socket = io('/chat', { transports: ['websocket'], reconnection: false });
    send = (event, data) => socket.emit(event, data);
    socket.on('connect', () => send('whoami'));
    socket.on('connect_error', () => refused(again));
    socket.on('disconnect', () => show('The connection is closed.'));
    socket.onAny(hear);
  };
  document.head.append(script);
}

document.getElementById('join').addEventListener('submit', (event) => {
  event.preventDefault();
  send('join', { room: document.getElementById('room').value });
});
document.getElementById('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = document.getElementById('text');
  send('message', { room: document.getElementById('room').value, text: text.value });
  text.value = '';
});
connect(true);
`;
