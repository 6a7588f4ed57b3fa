import { createRequire } from 'node:module';

// Swagger and Mercurius on Fastify need @fastify/static, which require()s this ES module: Node can, Jest only from Node
// 24.9 on. To be imported before whatever loads them.
const { jest: loader } = import.meta as ImportMeta & { jest: typeof jest };
const esModule = createRequire(createRequire(import.meta.url).resolve('@fastify/static')).resolve(
  'content-disposition',
);
const loaded: unknown = await import(esModule);
loader.mock(esModule, () => loaded);
