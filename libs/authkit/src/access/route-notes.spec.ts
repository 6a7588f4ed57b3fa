import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import type { ControllerRoutes } from '../http/controller-routes.js';
import type { RawRoutes } from '../http/raw-routes.js';
import { GatewayClasses } from './gateway-classes.js';
import { MessageHandlers } from './message-handlers.js';
import { RouteNotes } from './route-notes.js';

/** Notes of an app without controllers, with these raw routes and static folders. */
function notesOf(raw: string[], folders: string[], modules: object[] = []) {
  const handlers = { list: () => [] } as unknown as ControllerRoutes;
  const container = new Map(modules.map((one, n) => [String(n), one])) as unknown as ModulesContainer;
  const adapter = { list: () => raw, staticFiles: () => folders } as unknown as RawRoutes;
  const gateways = new GatewayClasses(container);
  const options = { dangerouslyUnguardedSockets: false };
  const messages = new MessageHandlers(container, new MetadataScanner(), options, null);
  return new RouteNotes(handlers, container, adapter, gateways, messages, null).list([], []);
}

describe('the notes on what no guard sees', () => {
  it('are none where there is nothing', () => {
    expect(notesOf([], [])).toEqual([]);
  });

  it('name raw routes and folders of static files', () => {
    expect(notesOf(['GET /docs'], ['/public', '/assets'])).toEqual([
      { level: 'log', text: "not guarded, as no controller's: GET /docs" },
      { level: 'log', text: 'static files are not guarded: /public, /assets' },
    ]);
  });

  it('pass over providers that are no classes', () => {
    const metatypes = [null, undefined, 'text', () => undefined];
    const wrappers = new Map(metatypes.map((metatype, n) => [n, { metatype }]));
    expect(notesOf([], [], [{ name: 'M', providers: wrappers, controllers: wrappers }])).toEqual([]);
  });
});
