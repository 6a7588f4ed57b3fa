import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const KNOWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env['CHROMIUM_PATH'] ?? KNOWN.find((path) => existsSync(path));

/** Null, or what to do to have the tests in a browser run too. */
export const missingBrowser: string | null = executablePath
  ? null
  : 'install Chromium, or name its file in CHROMIUM_PATH';

/** A real Chromium; each page in a profile of its own. */
export class RealBrowser {
  /** What went wrong in the pages: errors of scripts, and what their Content-Security-Policy has stopped. */
  readonly complaints: string[] = [];

  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<RealBrowser> {
    // Without its sandbox, which containers often do not allow; it sees nothing but the app under test.
    return new RealBrowser(await chromium.launch({ executablePath, args: ['--no-sandbox'] }));
  }

  async open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ locale: 'en-GB', ...options });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(String(error.stack)));
    page.on('console', (message) => {
      // Refusals of the API are no faults of the page; the browser notes each.
      const isRefusal = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isRefusal) this.complaints.push(message.text());
    });
    return page;
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
