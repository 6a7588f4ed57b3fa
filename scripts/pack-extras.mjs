// npm's prepack and postpack of the library: a fresh build, and README and LICENSE of the repository in the tarball.
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const EXTRAS = ['README.md', 'LICENSE'];

if (process.argv[2] === 'clean') {
  for (const name of EXTRAS) rmSync(`${root}libs/authkit/${name}`, { force: true });
} else {
  execFileSync('npm', ['run', 'build:lib'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const name of EXTRAS) copyFileSync(`${root}${name}`, `${root}libs/authkit/${name}`);
}
