// A page of the console in a real browser, watched: what it writes to its console, whom it asks, what axe says of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// Installed by scripts/test-servers browser.
const require = createRequire(join(process.env.LAMINAR_TEST_BROWSER ?? new URL(".", import.meta.url).pathname, "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const WAIT = 20_000; // for anything

export class Watched {
  constructor(page, base, shots, name) {
    Object.assign(this, { page, base, shots, name, problems: [], pictures: 0, expected: [] });
    page.setDefaultTimeout(WAIT);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !this.expected.some((pattern) => pattern.test(`${message.text()} ${message.location().url}`))) this.problems.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.problems.push(`script: ${error.message}`));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.origin !== base) this.problems.push(`asked elsewhere: ${request.url()}`);
      if (/lmn_/.test(request.url())) this.problems.push(`a token in an address: ${request.url()}`);
    });
  }

  // Chromium writes an answer of 4xx to the console; those that a test asks for are none of the page's faults.
  expect(...patterns) {
    this.expected.push(...patterns);
  }

  // A picture of the page as it is, and axe's word on it.
  async look(what) {
    await this.page.screenshot({ path: join(this.shots, `${this.name}-${String(++this.pictures).padStart(2, "0")}-${what}.png`), fullPage: true });
    await this.page.evaluate(`${AXE}; undefined`);
    const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const violation of found.violations) {
      if (!["serious", "critical"].includes(violation.impact)) continue;
      this.problems.push(`axe, ${what}: ${violation.id} (${violation.help}): ${violation.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary?.split("\n")[1] ?? ""}`).join(" | ")}`);
    }
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) this.problems.push(`${what}: the page is ${wide} pixels wider than the screen`);
  }

  async go(path) {
    await this.page.goto(this.base + path);
  }

  check(condition, what) {
    if (!condition) throw new Error(what);
  }

  // Until it is true.
  async until(condition, what) {
    const end = Date.now() + WAIT;
    for (;;) {
      if (await condition()) return;
      if (Date.now() > end) throw new Error(`waited for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

// signedIn: with the token, before the first page.
export async function watched({ base, shots, theme = "light", width = 1280, token, signedIn = true, name, reducedMotion = "no-preference" }, test) {
  const browser = await chromium.launch({ executablePath: process.env.LAMINAR_TEST_CHROMIUM ?? "/usr/bin/chromium", args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  try {
    const phone = width < 500;
    const context = await browser.newContext({ viewport: { width, height: phone ? 844 : 900 }, colorScheme: theme, hasTouch: phone, isMobile: phone, reducedMotion });
    // Where a page's policy stops something, in words that help to find it.
    await context.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`the policy stops ${event.effectiveDirective} of ${event.sourceFile}:${event.lineNumber}:${event.columnNumber} ${event.composedPath()[0]?.outerHTML?.slice(0, 200) ?? ""}`)));
    const page = await context.newPage();
    if (signedIn) {
      await page.goto(base);
      await page.evaluate((text) => sessionStorage.setItem("laminar.token", text), token);
    }
    const watch = new Watched(page, base, shots, name);
    try {
      await test(watch, page);
    } catch (error) {
      await page.screenshot({ path: join(shots, `${name}-failed.png`), fullPage: true }).catch(() => undefined);
      watch.problems.push(`${error.stack ?? error}`);
    }
    return watch.problems;
  } finally {
    await browser.close();
  }
}
