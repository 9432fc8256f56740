// The views of logs, by keyboard, in both languages, on stubbed answers. Called by page.test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./shop.mjs";
import { found, line, placed, stubLogs } from "./logs_stub.mjs";

const texts = {
  en: { logs: "Logs", of: "Logs of shop", new: "new", badge: "Mark", showTable: /^Show as table/, examples: "Examples", slot: "Slot 1", compare: "Compare", search: "Search", live: "Live", pause: "Pause", changed: "Changed", gone: "Gone", marked: "+ new" },
  ja: { logs: "ログ", of: "shop のログ", new: "新しい", badge: "しるし", showTable: /^表で見る/, examples: "例", slot: "可変部分 1", compare: "比較", search: "検索", live: "ライブ", pause: "一時停止", changed: "変わった", gone: "消えた", marked: "+ 新しい" },
};

/** `tools` are shop, open, assertAccessible and pressUntil of page.test.mjs. */
export function testLogs({ shop, open, assertAccessible, pressUntil }) {
  async function openLogs(language, theme, path) {
    let stub;
    const opened = await open(language, theme, path, async (page) => (stub = await stubLogs(page)));
    return { ...opened, stub, main: opened.page.locator("main") };
  }

  for (const [language, theme] of [["en", "light"], ["ja", "dark"]]) {
    test(`logs by keyboard, ${language}, ${theme}`, async () => {
      const says = texts[language];
      const { page, main, errors, close } = await openLogs(language, theme, "/");
      await main.getByRole("heading", { level: 1 }).waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("l");
      await main.getByRole("heading", { level: 1, name: says.logs }).waitFor();
      await main.locator("[data-row]").first().waitFor();
      await assertAccessible(page, "logs");

      await pressUntil(page, "j", (text) => text === "Shop", "the shop");
      await page.keyboard.press("Enter");
      await main.getByRole("heading", { level: 1, name: says.of }).waitFor();
      await main.locator("tbody tr").nth(3).waitFor();
      assert.equal(await main.locator(".patterns tbody tr").nth(1).locator(".badge").first().textContent(), says.marked);
      const named = main.locator(".patterns tbody tr").nth(2).getByRole("link");
      assert.equal(await named.locator(".pattern-name").textContent(), "Hits <i>");
      assert.match((await named.getAttribute("href")) ?? "", /patterns\/00000000000000a2$/);
      await main.getByRole("button", { name: says.showTable }).focus();
      await page.keyboard.press("Enter");
      assert.ok((await main.locator("figure tbody tr").count()) > 10, "the chart's table has its bars");
      await assertAccessible(page, "patterns");

      await main.getByLabel(says.badge).selectOption("new");
      assert.equal(await main.locator(".patterns tbody tr").count(), 1);
      await pressUntil(page, "j", (text) => text.startsWith("注文"), "the pattern");
      await page.keyboard.press("Enter");
      await main.getByRole("heading", { level: 2, name: says.examples }).waitFor();
      assert.match(page.url(), new RegExp(`/services/shop/logs/patterns/${placed}$`));
      const slots = main.getByRole("list", { name: says.examples }).locator("mark");
      assert.deepEqual(await slots.allTextContents(), ["100482", "SKU-0031"]);
      assert.deepEqual(await main.locator(".lead mark").allTextContents(), ["<*>"]);
      const first = main.getByRole("region", { name: says.slot, exact: true });
      assert.match((await first.locator("tbody tr").first().textContent()) ?? "", /^100482.*66\.7.*400$/);
      assert.match((await first.locator("dl").textContent()) ?? "", /100,300/);
      await main.locator("svg.bars").focus();
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      assert.match((await main.locator("figure output").textContent()) ?? "", /: \d/);
      await assertAccessible(page, "pattern");

      await page.keyboard.press("Escape");
      await main.locator(".patterns").waitFor();
      await main.getByRole("link", { name: says.compare, exact: true }).focus();
      await page.keyboard.press("Enter");
      const changed = main.getByRole("region", { name: says.changed, exact: true });
      assert.match((await changed.locator("tbody tr").textContent()) ?? "", /Hits <i>cache.*120 2%60 0\.9%×0\.4519\.2< 0\.0001/);
      await main.getByRole("region", { name: says.gone, exact: true }).getByRole("link").waitFor();
      await assertAccessible(page, "compare");

      for (const part of ["search", "live"]) {
        await main.getByRole("link", { name: says[part], exact: true }).focus();
        await page.keyboard.press("Enter");
        await page.waitForURL(new RegExp(`/services/shop/logs/${part}$`));
        await main.locator("ol.lines li").first().waitFor();
        await assertAccessible(page, part);
      }
      await main.getByRole("button", { name: says.pause }).waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      assert.match(page.url(), /\/services\/shop$/, "back from the logs is their service");
      assert.deepEqual(errors, []);
      await close();
    });
  }

  test("the shop's own lines, from the server itself", async () => {
    await until("the shop's patterns", 60, async () => {
      const { patterns } = await shop().ask("/logs/patterns?service=shop");
      return patterns.some((one) => one.text.includes("order <*> placed"));
    });
    const { page, errors, close } = await open("en", "light", "/services/shop");
    const main = page.locator("main");
    await main.getByRole("link", { name: "Logs" }).click();
    await main.getByLabel("Patterns with").fill("order <*> placed");
    await main.locator(".patterns [data-row]").first().click();
    const example = main.getByRole("list", { name: "Examples" }).getByRole("listitem").first();
    const order = /order (\d+) placed sku/.exec((await example.textContent()) ?? "")?.[1];
    assert.ok((await example.locator("mark").allTextContents()).includes(order), `${order} is marked`);
    await main.getByRole("region", { name: "Slot 2", exact: true }).getByRole("link").first().waitFor();
    await main.getByRole("link", { name: "Search its lines" }).click();
    await main.locator("ol.lines > li").first().waitFor();
    for (const text of await main.locator("ol.lines .said").allTextContents()) assert.match(text, /order \d+ placed/);
    await main.getByRole("link", { name: "Live", exact: true }).click();
    await main.locator("ol.lines > li").first().waitFor();
    assert.deepEqual(errors, []);
    await close();
  });

  test("the text of a line does nothing but stand there", async () => {
    const { page, main, errors, close } = await openLogs("en", "light", "/logs/search");
    const lines = main.locator("ol.lines > li");
    await lines.nth(3).waitFor();
    assert.match((await lines.nth(0).textContent()) ?? "", /<img src=x onerror='window\.hacked = 1'> <b>bold<\/b>/);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    const odd = await lines.nth(1).locator(".said").textContent();
    assert.equal(odd, "␛[31mred␛[0m bell␇ turned⟨U+202E⟩back nul␀ end␍");
    const long = lines.nth(2);
    assert.ok(((await long.locator("code").textContent()) ?? "").length < 600, "a long line is folded");
    const its = long.getByRole("link", { name: "Hits <i>" });
    assert.match((await its.getAttribute("href")) ?? "", /\/services\/shop\/logs\/patterns\/00000000000000a2$/);
    await long.getByRole("button", { name: "Show all 5,010 characters" }).focus();
    await page.keyboard.press("Enter");
    assert.match((await long.locator("code").textContent()) ?? "", /x tail$/);
    assert.equal(await lines.nth(3).locator("code").textContent(), "Traceback:\n\tat one\n\tat two");
    await lines.nth(0).locator("summary").focus();
    await page.keyboard.press("Enter");
    await lines.nth(0).getByText("service_name").waitFor();
    await lines.nth(0).getByRole("link", { name: /^Trace id 4bf92f35/ }).click();
    await page.waitForURL(/trace=4bf92f3577b34da6a3ce929d0e0e4736$/);
    assert.deepEqual(errors, []);
    await close();
  });

  test("a search asks what its form says and tells what it left out", async () => {
    const { page, main, stub, close } = await openLogs("en", "light", "/services/shop/logs/search");
    await main.getByText("4 lines. This is everything that fits.").waitFor();
    const last = () => stub.asked.at(-1).searchParams;
    assert.equal(last().get("service"), "shop");
    stub.search = () => found([line("one")], { end: "lines", damaged: ["block 7: checksum"] });
    await main.getByLabel("Regular expression").focus();
    await page.keyboard.press("Space");
    await main.getByLabel("Severity").selectOption("warn");
    await main.getByLabel("From").fill("2026-11-23T09:30");
    await main.getByLabel("Text").fill("order \\d+ & more");
    await page.keyboard.press("Enter");
    await main.getByText("older lines were left out because so many lines were enough").waitFor();
    await main.getByText("block 7: checksum").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.name), "text", "the focus stays");
    assert.equal(last().get("regex"), "order \\d+ & more");
    assert.equal(last().get("severity"), "warn");
    assert.equal(last().has("q"), false);
    const from = await page.evaluate(() => new Date("2026-11-23T09:30").getTime());
    assert.equal(last().get("from"), String(from));
    await page.reload();
    await main.getByText("1 line. There may be more").waitFor();
    assert.equal(await main.getByLabel("Text").inputValue(), "order \\d+ & more", "the address keeps the search");

    stub.search = () => found([line("half")]);
    await main.getByRole("button", { name: "Search" }).click();
    await main.getByText("The answer broke off").waitFor();
    stub.search = () => ({ status: 400, contentType: "application/json", body: '{"error":"missing ): a("}' });
    await main.getByLabel("Text").fill("a(");
    await page.keyboard.press("Enter");
    await main.getByRole("alert").getByText("missing ): a(").waitFor();
    await page.goBack();
    await page.waitForURL(/regex=order/);
    assert.equal(await main.getByLabel("Text").inputValue(), "order \\d+ & more", "back is back in the form too");
    await close();
  });

  test("the tail pauses and goes on where it was", async () => {
    const { page, main, stub, errors, close } = await openLogs("en", "light", "/logs/live");
    const lines = main.locator("ol.lines > li");
    await lines.nth(1).waitFor();
    assert.deepEqual(await lines.locator(".said").allTextContents(), ["the second", "the first"]);
    await main.getByRole("button", { name: "Pause" }).focus();
    await page.keyboard.press("Enter");
    await main.getByText("Paused").waitFor();
    stub.tail = (after) => (after === "7:1" ? { cursor: "7:2", lines: [line("the third")] } : undefined);
    await main.getByRole("button", { name: "Go on" }).click();
    await lines.nth(2).waitFor();
    assert.equal(await lines.first().locator(".said").textContent(), "the third");
    await until("the next wait", 10, () => stub.asked.at(-1).searchParams.get("after") === "7:2");
    assert.deepEqual(errors, []);
    await close();
  });

  test("two ranges are chosen by a form or a preset", async () => {
    const { page, main, stub, close } = await openLogs("en", "light", "/services/shop/logs/compare");
    await main.getByRole("region", { name: "New", exact: true }).waitFor();
    await main.getByRole("button", { name: "Today vs yesterday" }).click();
    await page.waitForURL(/a_from=\d+&a_to=\d+&b_from=\d+&b_to=\d+/);
    const asked = new URL(page.url()).searchParams;
    const span = (name) => Number(asked.get(`${name}_to`)) - Number(asked.get(`${name}_from`));
    assert.ok(Math.abs(span("a") - span("b")) <= 3_600_000, "both days count to the same time of day");
    const before = main.getByRole("group", { name: "Before" });
    await before.getByLabel("From").fill("2026-11-22T09:00");
    await before.getByLabel("To").fill("2026-11-22T08:00");
    await page.keyboard.press("Enter");
    await main.getByRole("alert").getByText("must end after it begins").waitFor();
    await before.getByLabel("To").fill("2026-11-22T10:00");
    await page.keyboard.press("Enter");
    const to = await page.evaluate(() => String(new Date("2026-11-22T10:00").getTime()));
    await until("the new ranges", 10, () => stub.asked.at(-1).searchParams.get("a_to") === to);
    await close();
  });
}
