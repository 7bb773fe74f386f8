// node render_cards.cjs FOLDER_OF_CARDS FOLDER_FOR_PICTURES
//
// Draws every *.json card with Microsoft's reference renderer, at the width of a phone and of a
// desktop, and exits with 1 if any card makes the renderer complain: a parse or validation event,
// an element or action it does not know, or nothing drawn. One JSON line per card and width.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { openBrowser, keepOnLoopback } = require("./browser.cjs");

// Teams stacks the buttons of a card on a phone and lets them wrap on a desktop.
const DEVICES = {
  phone: { width: 375, buttons: { actionsOrientation: "vertical", actionAlignment: "stretch" } },
  desktop: { width: 700, buttons: { actionsOrientation: "horizontal", actionAlignment: "left" } },
};
const SHELL = `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: #f5f5f5; font-family: "Segoe UI", "DejaVu Sans", sans-serif; }
  * { box-sizing: border-box; }
  #card { margin: 12px; background: #fff; border-radius: 6px; }
  #card p { margin: 0; }
  #card ul, #card ol { margin: 0; padding-left: 20px; }
  #card .ac-pushButton { font-weight: 600; font-size: 14px; font-family: inherit; padding: 5px 12px;
    background: #fff; color: #242424; border: 1px solid #d1d1d1; border-radius: 4px; }
  #card .ac-actionSet { flex-wrap: wrap; row-gap: 8px; }
  #card .ac-pushButton.style-positive { background: #5b5fc7; border-color: #5b5fc7; color: #fff; }
  #card .ac-pushButton.style-destructive { background: #c4314b; border-color: #c4314b; color: #fff; }
  #card .ac-pushButton:disabled { color: #bdbdbd; }
  #card .ac-textInput, #card .ac-dateInput, #card select { font-size: 14px;
    font-family: inherit; padding: 5px 10px; border: 1px solid #d1d1d1; border-radius: 4px; }
</style><div id="card"></div>`;
// The palette of Teams' light theme, so that the pictures look like the place they are for.
const HOST_CONFIG = {
  supportsInteractivity: true,
  fontFamily: '"Segoe UI", "DejaVu Sans", sans-serif',
  containerStyles: {
    default: { backgroundColor: "#FFFFFF" },
    emphasis: { backgroundColor: "#F0F0F0" },
    good: { backgroundColor: "#E7F2DA" },
    attention: { backgroundColor: "#FCF4F6" },
    warning: { backgroundColor: "#FBF6D9" },
    accent: { backgroundColor: "#E8EBFA" },
  },
};

/** Runs in the page: draw one card and return everything the renderer complains about. */
function draw([json, hostConfig]) {
  const AC = window.AdaptiveCards;
  const markdown = window.markdownit({ html: false });
  const complaints = [];
  AC.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };
  const card = new AC.AdaptiveCard();
  card.hostConfig = new AC.HostConfig(hostConfig);
  const context = new AC.SerializationContext();
  const note = (event) => complaints.push(`${AC.ValidationEvent[event.event]}: ${event.message}`);
  card.parse(json, context);
  for (let index = 0; index < context.eventCount; index += 1) note(context.getEventAt(index));
  card.validateProperties().validationEvents.forEach(note);
  const drawn = card.render();
  const place = document.getElementById("card");
  place.replaceChildren(...(drawn ? [drawn] : []));
  if (!drawn || place.innerText.trim() === "") complaints.push("nothing was drawn");
  const faults = new Set();
  for (const text of place.querySelectorAll(".ac-textBlock, .ac-textBlock *, .ac-richTextBlock, button, button *")) {
    const isCut = text.clientWidth > 0 && text.scrollWidth > text.clientWidth + 1;
    if (isCut) faults.add(`cut off: "${text.innerText.slice(0, 40)}"`);
    const edge = text.getBoundingClientRect().right;
    if (edge > window.innerWidth) faults.add(`off the screen: "${text.innerText.trim()}"`);
  }
  return [...complaints, ...faults];
}

async function openPage(browser, width) {
  const context = await browser.newContext({ viewport: { width, height: 600 }, locale: "nl-BE" });
  await keepOnLoopback(context, []);
  const page = await context.newPage();
  await page.setContent(SHELL);
  for (const script of ["adaptivecards/dist/adaptivecards.js", "markdown-it/dist/markdown-it.js"]) {
    await page.addScriptTag({ path: require.resolve(script) });
  }
  return page;
}

async function main([source, target]) {
  const files = fs.readdirSync(source).filter((name) => name.endsWith(".json")).sort();
  if (files.length === 0) throw new Error(`no cards in ${source}`);
  fs.mkdirSync(target, { recursive: true });
  const browser = await openBrowser();
  let faulty = 0;
  for (const [device, { width, buttons }] of Object.entries(DEVICES)) {
    const hostConfig = { ...HOST_CONFIG, actions: { maxActions: 6, ...buttons } };
    const page = await openPage(browser, width);
    for (const file of files) {
      const json = JSON.parse(fs.readFileSync(path.join(source, file), "utf8"));
      const complaints = await page.evaluate(draw, [json, hostConfig]);
      const picture = path.join(target, `${path.basename(file, ".json")}-${device}.png`);
      await page.screenshot({ path: picture, fullPage: true });
      if (complaints.length > 0) faulty += 1;
      process.stdout.write(`${JSON.stringify({ card: file, device, complaints })}\n`);
    }
  }
  await browser.close();
  return faulty > 0 ? 1 : 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(2);
  },
);
