// The CommonJS half of the package says so in a package.json of its own.
import { writeFileSync } from 'node:fs';
writeFileSync(new URL('../libs/authkit/dist/cjs/package.json', import.meta.url), '{ "type": "commonjs" }\n');
