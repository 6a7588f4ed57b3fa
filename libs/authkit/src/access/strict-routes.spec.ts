import type { RouteEntry } from './route-entry.js';
import { assertExplicit } from './strict-routes.js';

const route = (handler: string, explicit: boolean) =>
  ({
    ...{ module: 'AppModule', controller: 'NotesController', handler, method: 'GET', path: `/notes/${handler}` },
    rule: { explicit },
  }) as RouteEntry;

describe('strictRoutes', () => {
  it('is content with rules on every handler, and with no handler at all', () => {
    expect(() => assertExplicit([route('list', true)])).not.toThrow();
    expect(() => assertExplicit([])).not.toThrow();
  });

  it.each([
    [
      [route('list', true), route('all', false)],
      '1 route has no rule:\n  AppModule NotesController.all (GET /notes/all)\n',
    ],
    [
      [route('one', false), route('two', false)],
      '2 routes have no rule:\n  AppModule NotesController.one (GET /notes/one)\n  AppModule NotesController.two (GET /notes/two)\n',
    ],
  ])('names every handler without one, %#', (routes, problem) => {
    expect(() => assertExplicit(routes)).toThrow(
      expect.objectContaining({ path: 'strictRoutes', problem, remedy: expect.stringMatching(/^Declare @Public/) }),
    );
  });
});
