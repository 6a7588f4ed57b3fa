import { readFileSync, writeFileSync } from 'node:fs';
import { browserFilesModule } from '../../scripts/pages/browser-files.js';

const MODULE = 'libs/authkit/src/pages/browser-files.ts';

// `npm run pages` writes it.
if (process.env['UPDATE_PAGES']) writeFileSync(MODULE, browserFilesModule());

describe('the script and the stylesheet of the pages', () => {
  it('are those of libs/authkit/browser', () => {
    expect(readFileSync(MODULE, 'utf8')).toBe(browserFilesModule());
  });

  it('write no markup: what the API says is text', () => {
    expect(browserFilesModule()).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
    );
  });
});
