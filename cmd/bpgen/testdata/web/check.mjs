// Checks pages of explanations in a browser and against validators. It is
// called with a folder of pages and the address of a server:
//
//	node check.mjs DIR URL
//
// The packages are looked for in $BPGEN_WEB/node_modules, the browser is
// $CHROMIUM or chromium.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const require = createRequire(path.join(process.env.BPGEN_WEB, "x.js"));
const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const katex = require("katex");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [dir, url] = process.argv.slice(2);
let failures = 0;
const fail = (...what) => { failures++; console.log("FAIL", ...what); };
const hold = (what, ok) => { if (!ok) fail(what); };

// HTML
const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: { "no-inline-style": "off", "long-title": "off", "svg-focusable": "off" },
});
for (const f of fs.readdirSync(dir).filter(f => f.endsWith(".html"))) {
  const report = await validator.validateFile(path.join(dir, f));
  for (const r of report.results) {
    for (const m of r.messages.slice(0, 5)) fail(f, `${m.line}:${m.column}`, m.ruleId, m.message);
  }
}

// mathematics in Markdown
let blocks = 0;
for (const f of fs.readdirSync(dir).filter(f => f.endsWith(".md"))) {
  for (const m of fs.readFileSync(path.join(dir, f), "utf8").matchAll(/\$\$\n([\s\S]*?)\$\$/g)) {
    blocks++;
    try {
      katex.renderToString(m[1], { displayMode: true, throwOnError: true, strict: "error" });
    } catch (e) {
      fail(f, e.message);
    }
  }
}
hold("there is mathematics", blocks > 5);

// the browser
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function accessible(page, what) {
  await page.evaluate(axe);
  const r = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "best-practice"] }));
  for (const v of r.violations) fail(what, "axe", v.id, v.help, v.nodes.slice(0, 2).map(n => n.html.slice(0, 160)).join(" | "));
}

async function open(address, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, bypassCSP: true, ...options });
  page.on("pageerror", e => fail("script:", e.message));
  page.on("request", r => { if (!/^(file|http:\/\/127\.0\.0\.1)/.test(r.url())) fail("the network is used:", r.url()); });
  await page.goto(address);
  return page;
}

const member = ".member:not([hidden]) ";
const file = name => "file://" + path.join(dir, name);
for (const name of ["neuron.html", "layers.html", "shortcuts.html"]) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(file(name), { colorScheme });
    for (const tab of ["equations", "circuit", "graph", "deltas"]) {
      await page.click(member + `button[data-tab=${tab}]`);
      hold(`${name}: the view ${tab} is seen`, await page.isVisible(member + `[data-view=${tab}]`));
      await accessible(page, `${name} ${tab} ${colorScheme}`);
    }
    await page.close();
  }
}
{
  const page = await open(file("lecture.html"));

  // stepping
  await page.selectOption("#members", { label: "func Neuron" });
  await page.click(member + "button[data-tab=circuit]");
  const seen = cls => page.$$eval(member + `[data-picture]:not([hidden]) text.${cls}`, ts => ts.filter(t => getComputedStyle(t).visibility === "visible").length);
  const all = await seen("bwd");
  hold("gradients stand below", all > 8);
  await page.click(member + "button[data-step=start]");
  hold("nothing is computed at the start", await seen("fwd") === 0 && await seen("bwd") === 0);
  for (let i = 0; i < 13; i++) await page.keyboard.press("ArrowRight");
  hold("forward all values are there and no gradient", await seen("fwd") > 8 && await seen("bwd") === 0);
  await page.click(member + "button[data-step=on]");
  hold("backward begins at the end, with what the last gate passes on", await seen("bwd") === 2);
  await page.click(member + "button[data-step=end]");
  hold("all gradients", await seen("bwd") === all);

  // folding
  const gates = () => page.$$eval(member + "[data-picture]:not([hidden]) .box", b => b.length);
  const before = await gates();
  await page.selectOption(member + "[data-groups]", { label: "all folded" });
  const folded = await gates();
  hold("eight gates fold into one", folded === before - 7);
  await page.click(member + "[data-picture]:not([hidden]) .box.fold");
  hold("a click opens it, with a σ of four", await gates() === before - 3);
  await page.click(member + "[data-picture]:not([hidden]) .box.fold");
  hold("a click opens that", await gates() === before);
  await page.click(member + "[data-picture]:not([hidden]) .frame text >> nth=1");
  hold("a click on its frame folds it", await gates() === before - 3);
  await page.click(member + "[data-picture]:not([hidden]) .frame text >> nth=0");
  hold("a click on the frame around it folds all", await gates() === before - 7);
  hold("local gradients stand in the gate", await seen("loc") === 5);

  // from a term to the model and to the code, and back
  await page.selectOption("#members", { label: "model Scorer" });
  await page.click(member + "button[data-tab=equations]");
  const row = page.locator(member + ".eqs li.bw").filter({ hasText: "derivation" }).nth(3);
  await row.locator(".f").focus();
  await page.keyboard.press("Enter");
  hold("the formula is marked", await row.evaluate(e => e.classList.contains("on")));
  hold("its line of the model is marked", await page.locator("#model li.on").count() > 0);
  hold("its lines of Go are marked", await page.locator("#go li.on").count() > 0);
  const line = page.locator("#go li.on").first();
  await page.selectOption("#members", { label: "func Circuit" });
  await line.click();
  hold("a click on a line leads back to its formula", await page.locator(member + ".eqs li.on").count() > 0 && await page.inputValue("#members") !== "1");
  await page.close();
}

// on a phone, on paper
{
  const phone = await open(file("layers.html"), { viewport: { width: 360, height: 740 } });
  hold("a phone does not scroll sideways", await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await accessible(phone, "phone");
  await phone.emulateMedia({ media: "print" });
  hold("on paper all is there", await phone.isVisible('[data-view="deltas"]'));
  await phone.close();
}

// a deep net, folded by layers
{
  const page = await open(file("deep.html"));
  await page.click(member + "button[data-tab=circuit]");
  const now = await page.$$eval(member + "[data-picture]:not([hidden]) .box", b => b.length);
  hold("a deep net is folded by layers", now < 130 && await page.locator(member + "[data-picture]:not([hidden]) .box.fold").count() > 30);
  await page.close();
}

// the playground
{
  const page = await open(url);
  await page.waitForFunction(() => document.querySelector("#state").textContent.includes("explained"));
  await accessible(page, "playground");
  const text = await page.inputValue("#source");
  await page.fill("#source", text.replace("q * z", "q * zz"));
  await page.waitForSelector("#errors:not([hidden])");
  hold("an error has its place", (await page.textContent("#errors")).includes("model.bp:6:16"));
  await page.fill("#source", text.replace("q * z", "q * z * z"));
  await page.waitForSelector("#errors", { state: "hidden" });
  hold("the equations follow", (await page.textContent(member + ".eqs")).includes("z"));
  for (const s of await page.$$eval("#starters option", os => os.map(o => o.value))) {
    await page.selectOption("#starters", s);
    await page.waitForFunction(() => document.querySelector("#explanation").getAttribute("aria-busy") === "false");
    hold(`the starter ${s} is right`, await page.isHidden("#errors"));
  }
  await page.close();
}

await browser.close();
console.log(failures ? `${failures} failures` : "all checks hold");
process.exit(failures ? 1 : 0);
