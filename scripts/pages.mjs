// Writes libs/authkit/src/pages/browser-files.ts from the files of libs/authkit/browser/. As texts in a module the files
// are wherever the library is: in ES modules, in CommonJS, and in whatever a bundler makes of it.
import { writeFileSync } from 'node:fs';
import { browserFilesModule } from './pages/browser-files.mjs';

writeFileSync(new URL('../libs/authkit/src/pages/browser-files.ts', import.meta.url), browserFilesModule());
