// What a browser makes of lupa's HTML pages: opened without a network, with and
// without script, filtered, printed, and looked at by axe in light and dark.
//
//   LUPA_NODE_MODULES=DIR/node_modules node .ci/browser.mjs [--picture FILE.png] PAGE.html...
//
// Prints what is wrong, a line each, and exits 1 where there is anything. Of the
// first page it takes the picture.

import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const require = createRequire(join(resolve(process.env.LUPA_NODE_MODULES ?? "node_modules"), "_"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");

const { values: flags, positionals: files } = parseArgs({ options: { picture: { type: "string" } }, allowPositionals: true });
const program = process.env.LUPA_CHROMIUM_PATH ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
let wrong = 0;
for (const file of files) {
  const say = (what) => { wrong++; console.log(`${basename(file)}: ${what}`); };
  const want = (is, what) => { if (!is) say(what); };
  const started = Date.now();
  try {
    await plainly(file, want);
    await looked(file, "light", 1100, want, say);
    await looked(file, "dark", 390, want, say);
    await filtered(file, want, say);
    await printed(file, want);
  } catch (error) {
    say(error.message);
  }
  console.error(`${basename(file)}: ${Date.now() - started} ms`);
}
if (flags.picture) await pictured(files[0], flags.picture);
await browser.close();
process.exit(wrong > 0 ? 1 : 0);

// opened opens a page without a network and tells of all that a browser complains of.
async function opened(file, options, say) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  await context.setOffline(true);
  const page = await context.newPage();
  page.on("console", (message) => say(`the console says ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => say(`an error of the script: ${error.message}`));
  page.on("dialog", (dialog) => { say(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== pathToFileURL(file).href) say(`it asks for ${request.url()}`); });
  await page.goto(pathToFileURL(file).href);
  return page;
}

// plainly reads a page without its script: nothing is hidden but the filter.
async function plainly(file, want) {
  const page = await opened(file, { javaScriptEnabled: false }, (what) => want(false, what));
  want(await page.locator("main > .part > .item:visible").count() === await page.locator("main > .part > .item").count(), "an item is hidden without script");
  for (const tools of await page.locator("#tools").all()) want(!(await tools.isVisible()), "the filter shows without script");
  want(await page.locator("h1").isVisible(), "no heading without script");
  await page.context().close();
}

// looked lets axe look at a page, on a desk in light and on a phone in dark, and
// measures that the page is not wider than that.
async function looked(file, colorScheme, width, want, say) {
  const page = await opened(file, { colorScheme, viewport: { width, height: 900 } }, say);
  await page.locator("details").evaluateAll((list) => list.forEach((d) => { d.open = true; }));
  const found = await new AxeBuilder({ page }).analyze();
  for (const is of found.violations) say(`${colorScheme}: axe: ${is.id}: ${is.help}: ${is.nodes.slice(0, 3).map((n) => n.html).join(" | ")}`);
  want(found.passes.length > 5, "axe has looked at nothing");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  want(wide <= width, `${wide} wide where there is room for ${width}`);
  await page.context().close();
}

// filtered uses the filter as one does, with the keyboard and with the mouse.
async function filtered(file, want, say) {
  const page = await opened(file, {}, say);
  const items = page.locator("[data-tone]");
  const all = await items.count();
  if (all === 0) return page.context().close();
  const shown = () => items.evaluateAll((list) => list.filter((item) => !item.hidden).length);
  const hits = page.locator("#hits");
  want((await hits.textContent()).includes(String(all)), `of ${all} items it says ${await hits.textContent()}`);

  const word = (await items.first().locator("h3").textContent()).trim().split(/\s+/).pop();
  await page.keyboard.press("/");
  await page.keyboard.type(word.toUpperCase());
  const some = await shown();
  const meant = await items.evaluateAll((list, w) => list.filter((i) => i.textContent.toLowerCase().includes(w)).length, word.toLowerCase());
  want(some === meant && some > 0, `a search for ${word} shows ${some}, not ${meant}`);
  want((await hits.textContent()).startsWith(String(some)), `${some} are shown, and it says ${await hits.textContent()}`);
  await page.keyboard.type(" zzqxzz");
  want((await shown()) === 0, "what stands nowhere is found");
  await page.keyboard.press("Escape");
  want((await shown()) === all, "after Escape something is hidden still");

  const boxes = page.locator("#tools input[type=checkbox]");
  for (let i = 0; i < (await boxes.count()); i++) {
    const tone = await boxes.nth(i).getAttribute("value");
    const of = await page.locator(`[data-tone="${tone}"]`).count();
    await boxes.nth(i).focus();
    await page.keyboard.press("Space");
    want((await shown()) === all - of, `without ${tone} it shows ${await shown()} of ${all}`);
    await boxes.nth(i).click();
    want((await shown()) === all, `with ${tone} again it shows ${await shown()} of ${all}`);
  }
  const details = page.locator("details").first();
  if (await details.count()) {
    await details.locator("summary").first().click();
    want(await details.evaluate((d) => d.open), "a click opens nothing");
  }
  await page.context().close();
}

// printed prints a page, and the sheets to sign alone: each is one page of A4.
async function printed(file, want) {
  const page = await opened(file, {}, (what) => want(false, what));
  const sheets = await page.locator(".signoff").count();
  const whole = pages(await page.pdf({ preferCSSPageSize: true }));
  want(whole >= sheets + 1, `${sheets} sheets and the rest are ${whole} pages`);
  if (sheets > 0) {
    await page.evaluate(() => { for (const rest of document.querySelectorAll("main > :not(.signoffs), footer")) rest.remove(); });
    const alone = pages(await page.pdf({ preferCSSPageSize: true }));
    want(alone === sheets, `${sheets} sheets to sign are ${alone} pages`);
  }
  await page.context().close();
}

// pages counts the pages of a PDF.
function pages(pdf) {
  return (pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length;
}

async function pictured(file, to) {
  const page = await opened(file, { viewport: { width: 1100, height: 1010 }, deviceScaleFactor: 1.5 }, () => {});
  writeFileSync(to, await page.screenshot());
  await page.context().close();
}
