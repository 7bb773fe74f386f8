// Drive the clients for Python: one JSON request a line on standard input, one answer a line on
// standard output: {"id", "ok": true, "result"} or {"id", "ok": false, "error"}.
"use strict";

const readline = require("node:readline");
const { openBrowser, keepOnLoopback } = require("./browser.cjs");

const CARD = ".ac-adaptiveCard";
const TEXT_BOX = "[contenteditable=true][role=textbox]";
const READY_MS = 60_000;
const ACTION_MS = 20_000;

let browser;
const pages = new Map();
const strays = [];

const visible = (locator) => locator.filter({ visible: true }).last();

/** Texts of the messages in the chat, oldest first; cards as their visible text. */
function transcript(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('[aria-label="Message header"]')].map((header) => {
      const whole = header.parentElement.innerText;
      return whole.slice(header.innerText.length).trim();
    }),
  );
}

async function until(condition, timeout, describe) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(await describe());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const commands = {
  async open({ page: name, url, width, height }) {
    browser ??= await openBrowser();
    const context = await browser.newContext({ viewport: { width, height }, locale: "nl-BE" });
    await keepOnLoopback(context, strays);
    const page = await context.newPage();
    page.setDefaultTimeout(READY_MS);
    await page.goto(url);
    await page.locator(TEXT_BOX).last().waitFor();
    await page.getByTitle("Hide log panel").click();
    page.setDefaultTimeout(ACTION_MS);
    pages.set(name, page);
  },

  async say({ page, text }) {
    await page.locator(TEXT_BOX).last().click();
    await page.keyboard.insertText(text);
    await page.keyboard.press("Enter");
  },

  async fill({ page, label, value }) {
    const cards = page.locator(CARD);
    const roles = ["textbox", "combobox", "spinbutton"];
    const [first, ...others] = roles.map((role) => cards.getByRole(role, { name: label, exact: true }));
    const input = visible(others.reduce((found, next) => found.or(next), first));
    await input.fill(value);
    await page.keyboard.press("Tab"); // a date is taken when its box is left
  },

  async choose({ page, label, option }) {
    const cards = page.locator(CARD);
    const box = cards.getByRole("combobox", { name: label, exact: true });
    const group = cards.getByRole("radiogroup", { name: label, exact: true });
    const input = visible(box.or(group));
    if ((await input.getAttribute("role")) === "radiogroup") {
      await input.getByRole("radio", { name: option, exact: true }).check();
      return;
    }
    await input.click();
    await visible(page.getByRole("option", { name: option, exact: true })).click();
  },

  async tick({ page, title }) {
    await visible(page.locator(CARD).getByRole("checkbox", { name: title })).check();
  },

  async press({ page, title, timeout }) {
    const button = page.locator(CARD).getByRole("button", { name: title, exact: true });
    await visible(button).click({ timeout });
  },

  async reload({ page }) {
    await page.reload();
    await page.locator(TEXT_BOX).last().waitFor();
    await page.getByTitle("Hide log panel").click();
  },

  messages: ({ page }) => transcript(page),

  buttons: ({ page }) =>
    page.locator(CARD).last().getByRole("button").filter({ visible: true }).allInnerTexts(),

  async value({ page, label }) {
    const cards = page.locator(CARD);
    const box = cards.getByRole("combobox", { name: label, exact: true });
    return visible(cards.getByRole("textbox", { name: label, exact: true }).or(box)).inputValue();
  },

  /** Wait until the last message, or any if `anywhere`, contains the text; return that message. */
  async wait_for({ page, text, timeout, anywhere }) {
    const find = async () => {
      const messages = await transcript(page);
      return (anywhere ? messages : messages.slice(-1)).findLast((one) => one.includes(text));
    };
    return until(find, timeout, async () => {
      const messages = await transcript(page);
      return `"${text}" did not show within ${timeout} ms; on the screen: ${JSON.stringify(messages)}`;
    });
  },

  async screenshot({ page, path, card_only: cardOnly }) {
    // A picture of an element would resize the page, which draws the cards anew and empties forms.
    const clip = cardOnly ? await page.locator(CARD).last().boundingBox() : undefined;
    await page.screenshot({ path, clip });
  },

  strays: () => strays,
};

async function handle(line) {
  const { id, command, ...rest } = JSON.parse(line);
  try {
    const page = command === "open" ? rest.page : pages.get(rest.page);
    const result = await commands[command]({ ...rest, page });
    return { id, ok: true, result: result ?? null };
  } catch (error) {
    return { id, ok: false, error: String(error.message ?? error) };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await handle(line))}\n`);
  }
  await browser?.close();
}

main();
