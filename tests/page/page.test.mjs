// The page in a real browser, on the running shop: from the board to an anomaly by keyboard alone, in
// both languages and both themes, without a serious finding of axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { testAlerts } from "./alert_views.mjs";
import { testAnomalies } from "./anomaly_views.mjs";
import { testIncidents } from "./incident_views.mjs";
import { testLogs } from "./logs_views.mjs";
import { testMetrics } from "./metrics_views.mjs";
import { testOnCall } from "./oncall_views.mjs";
import { testSlos } from "./slo_views.mjs";
import { startBrowser, startShop, until } from "./shop.mjs";

let shop;
let browser;
const texts = {
  en: { board: "Board", error: "Error budget", anomaly: "Anomaly budget", down: /^Member c down$/, why: "Why this is an anomaly", work: "Work", resource: "Resource", report: "Daily report", together: "Can too few be left at once?", whatIf: [/^One server more/, /^Repair twice as fast/, /^Half the common cause/], table: /Show as table/ },
  ja: { board: "ボード", error: "エラーバジェット", anomaly: "異常バジェット", down: /^メンバー c 停止$/, why: "なぜ異常なのか", work: "ワーク", resource: "リソース", report: "日次レポート", together: "同時に足りなくなることはあるか", whatIf: [/^サーバーを 1 台増やす/, /^復旧を 2 倍速くする/, /^共通原因を半分にする/], table: /表で見る/ },
};

before(async () => {
  browser = await startBrowser();
  shop = await startShop();
  await until("five servers up", 30, async () => {
    const { members } = await shop.ask("/services/shop");
    return members.length === 5 && members.every((one) => one.up);
  });
  await shop.fault("down", "c", 600);
  await until("the anomaly", 30, async () => (await shop.ask("/anomalies")).anomalies.length > 0);
  await until("signals", 60, async () => {
    const { signals } = await shop.ask("/services/shop/signals?range=900");
    return signals.some((one) => one.side === "work") && signals.some((one) => one.side === "resource");
  });
});

after(async () => {
  await browser?.close();
  await shop?.stop();
});

/** `prepare` may change the page before it goes anywhere. */
async function open(language, theme, path = "/", prepare = async () => {}) {
  const context = await browser.newContext({
    locale: language === "ja" ? "ja-JP" : "en-GB",
    colorScheme: theme,
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await prepare(page);
  await page.goto(shop.address + path);
  return { page, errors, close: () => context.close() };
}

async function assertAccessible(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
  assert.deepEqual(serious, [], where);
}

/** Presses `key` until the focus is on what `wanted` accepts. */
async function pressUntil(page, key, wanted, what) {
  for (let i = 0; i < 60; ++i) {
    await page.keyboard.press(key);
    const text = await page.evaluate(() => document.activeElement?.textContent ?? "");
    if (wanted(text)) return;
  }
  assert.fail(`${key} never reached ${what}`);
}

/** The chance in a row of the what-if table: "12.3%" or "1/4,567". */
async function chanceOf(row) {
  const text = (await row.getByRole("cell").first().textContent()) ?? "";
  const inverse = /^1\/([0-9,]+)$/.exec(text);
  if (inverse) return 1 / Number(inverse[1].replace(/,/g, ""));
  assert.match(text, /^[0-9.]+%$/);
  return Number.parseFloat(text) / 100;
}

for (const language of ["en", "ja"]) {
  for (const theme of ["light", "dark"]) {
    test(`board, service and anomaly by keyboard, ${language}, ${theme}`, async () => {
      const said = texts[language];
      const { page, errors, close } = await open(language, theme);
      const main = page.locator("main");
      await main.getByRole("heading", { level: 1, name: said.board }).waitFor();
      await main.getByRole("meter", { name: said.error }).first().waitFor();
      await main.getByRole("meter", { name: said.anomaly }).first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = /\d+/.exec(back) ?? [];
      assert.equal(Number(red) > 128 ? "light" : "dark", theme, back);
      await assertAccessible(page, "board");

      await pressUntil(page, "j", (text) => text === "Shop", "the shop");
      await page.keyboard.press("Enter");
      await main.getByRole("heading", { level: 1, name: "Shop" }).waitFor();
      assert.match(page.url(), /\/services\/shop$/);
      await main.getByRole("heading", { level: 2, name: said.work, exact: true }).waitFor();
      await main.getByRole("heading", { level: 2, name: said.resource, exact: true }).waitFor();
      await main.locator("canvas").first().waitFor();
      const group = main.getByRole("region", { name: said.together });
      const today = await chanceOf(group.getByRole("row").nth(1));
      for (const name of said.whatIf) {
        const then = await chanceOf(group.getByRole("row", { name }));
        assert.ok(then > 0 && then < today, `${name}: ${then}, today ${today}`);
      }
      await assertAccessible(page, "service");

      await main.getByRole("link", { name: said.down }).first().waitFor();
      await pressUntil(page, "j", (text) => said.down.test(text), "the anomaly");
      await page.keyboard.press("Enter");
      await main.getByRole("heading", { level: 1, name: said.down }).waitFor();
      await main.getByRole("heading", { level: 2, name: said.why }).first().waitFor();
      assert.match((await main.locator(".price b").textContent()) ?? "", /^[0-9.,]+ (min|分)$/);
      await assertAccessible(page, "anomaly");

      await page.keyboard.press("Escape");
      assert.match(page.url(), /\/anomalies$/);
      await main.getByRole("link", { name: said.down }).waitFor();
      await assertAccessible(page, "anomalies");
      for (const [key, name] of [["r", "report"], ["d", "demo"]]) {
        await page.keyboard.press("g");
        await page.keyboard.press(key);
        await page.waitForURL(new RegExp(`/${name}$`));
        if (name === "report") await main.getByRole("heading", { level: 2 }).first().waitFor();
        else await main.getByRole("button").first().waitFor();
        await assertAccessible(page, name);
      }
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await assertAccessible(page, "help");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      assert.match(page.url(), /\/demo$/, "Escape closed the dialog and nothing else");
      assert.deepEqual(errors, []);
      await close();
    });
  }
}

test("a chart is read by arrow keys and has its table behind it", async () => {
  const { page, close } = await open("en", "light", "/services/shop");
  const chart = page.locator("figure.chart").first();
  await chart.locator("canvas").waitFor();
  await until("a few points", 60, async () => {
    const { signals } = await shop.ask("/services/shop/signals?range=900");
    return signals.every((one) => one.points.length > 4);
  });
  const before = await chart.locator("output").textContent();
  await chart.getByRole("img").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  const at = await chart.locator("output").textContent();
  assert.match(at ?? "", /^\d\d:\d\d:\d\d /, `the cursor says its time, not ${at} (before: ${before})`);
  await chart.getByRole("button", { name: texts.en.table }).focus();
  await page.keyboard.press("Enter");
  const rows = chart.locator("tbody tr");
  assert.ok((await rows.count()) > 3, "the table has the points");
  assert.match((await rows.first().textContent()) ?? "", /\d/);
  await close();
});

test("the board changes without reload", async () => {
  const { page, close } = await open("en", "light");
  const row = page.locator("tr", { hasText: "Shop's customers" }).or(page.locator("tr.anomaly"));
  await row.first().waitFor();
  const anomalies = page.locator(".tile", { hasText: "open anomalies" }).locator("b");
  const before = Number(await anomalies.textContent());
  await page.evaluate(() => (window.untouched = true));
  await shop.fault("down", "d", 600);
  await until("one more anomaly on the board", 30, async () => Number(await anomalies.textContent()) > before);
  assert.equal(await page.evaluate(() => window.untouched), true);
  await close();
});

test("language and theme are chosen on the page and stay", async () => {
  const { page, close } = await open("en", "light");
  await page.getByLabel("Language").selectOption("ja");
  await page.getByRole("heading", { level: 1, name: texts.ja.board }).waitFor();
  await page.locator("header select").nth(1).selectOption("dark");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: texts.ja.board }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await close();
});

test("an address that leads nowhere says so", async () => {
  const { page, close } = await open("en", "light", "/services/no-such");
  await page.getByRole("heading", { name: "There is no such page." }).waitFor();
  await close();
});

testLogs({ shop: () => shop, open, assertAccessible, pressUntil });
testMetrics({ open, assertAccessible });
testSlos({ shop: () => shop, open, pressUntil });
testAnomalies({ shop: () => shop, open, pressUntil });
testIncidents({ shop: () => shop, open });
testOnCall({ shop: () => shop, open, pressUntil });
testAlerts({ shop: () => shop, open });
