// Find Chromium and open it so that it stays on this machine.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function findBrowser() {
  const chosen = process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = (chosen ? [chosen] : candidates).find((file) => fs.existsSync(file));
  if (!found) throw new Error("no Chromium found: install it, or set CHROMIUM to its path");
  return found;
}

async function openBrowser() {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: findBrowser(),
    headless: true,
    args: isRoot ? [...FLAGS, "--no-sandbox"] : FLAGS,
  });
}

/** Refuse everything that is not on this machine; the refused addresses end up in `strays`. */
async function keepOnLoopback(context, strays) {
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    const isHere = ["127.0.0.1", "localhost"].includes(url.hostname);
    if (isHere || ["data:", "blob:"].includes(url.protocol)) return route.continue();
    strays.push(url.origin);
    return route.abort();
  });
}

module.exports = { openBrowser, keepOnLoopback };
