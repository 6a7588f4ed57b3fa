import type { ExecutionContext } from '@nestjs/common';

/** A payload with the identity of who it is sent for; null for nobody. */
export interface IdentifiedMessage {
  readonly authkit: string | null;
  readonly data?: unknown;
}

// Guards, interceptors and the handler are given the same list of arguments.
const opened = new WeakMap<object, IdentifiedMessage>();

/** Takes the identity off a message, so that the handler gets its payload; once, and the same at each further call. */
export function openMessage(call: ExecutionContext): IdentifiedMessage {
  const args = call.getArgs<unknown[]>();
  let message = opened.get(args);
  if (!message) {
    const [received] = args;
    message = isIdentified(received) ? received : { authkit: null, data: received };
    opened.set(args, message);
    args[0] = message.data;
  }
  return message;
}

function isIdentified(received: unknown): received is IdentifiedMessage {
  if (typeof received !== 'object' || received === null || !Object.hasOwn(received, 'authkit')) return false;
  const { authkit } = received as IdentifiedMessage;
  return (
    (authkit === null || typeof authkit === 'string') &&
    Object.keys(received).every((key) => key === 'authkit' || key === 'data')
  );
}
