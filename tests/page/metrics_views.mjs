// The views of metrics on the running shop: a query by keyboard, its error, targets, cardinality.
import assert from "node:assert/strict";
import { test } from "node:test";

const texts = {
  en: { heading: "Metrics", query: "PromQL query", targets: "Targets", cardinality: "Cardinality", up: "up" },
  ja: { heading: "メトリクス", query: "PromQL のクエリ", targets: "ターゲット", cardinality: "カーディナリティ", up: "稼働" },
};

export function testMetrics({ open, assertAccessible }) {
  for (const [language, theme] of [["en", "dark"], ["ja", "light"]]) {
    test(`metrics by keyboard, ${language}, ${theme}`, async () => {
      const said = texts[language];
      const { page, errors, close } = await open(language, theme);
      const main = page.locator("main");
      await main.getByRole("heading", { level: 1 }).first().waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("m");
      await main.getByRole("heading", { level: 1, name: said.heading }).waitFor();
      const query = main.getByRole("textbox", { name: said.query });
      await query.focus();
      await page.keyboard.type("sum(kizashi_store_jour");
      await main.getByRole("option", { name: "kizashi_store_journal_entries" }).waitFor();
      await assertAccessible(page, "completions");
      await page.keyboard.press("Tab");
      assert.equal(await query.inputValue(), "sum(kizashi_store_journal_entries");
      await page.keyboard.type(")");
      await page.keyboard.press("Control+Enter");
      await main.locator("figure.chart canvas").waitFor();
      await main.locator("figure.chart tbody tr").first().waitFor();
      assert.match(page.url(), /q=sum/);
      await main.locator(".lines-plot").focus();
      await page.keyboard.press("ArrowLeft");
      await assertAccessible(page, "explore");

      await query.fill("sum(");
      await page.keyboard.press("Control+Enter");
      const told = main.getByRole("alert");
      await told.waitFor();
      assert.match((await told.textContent()) ?? "", /1:5: parse error: unclosed left parenthesis/);
      await assertAccessible(page, "an error");
      // The answer 400 is what the browser says of it.
      assert.deepEqual(errors.filter((one) => !one.includes("400")), []);

      await main.getByRole("link", { name: said.targets }).click();
      await main.getByRole("cell", { name: said.up, exact: true }).first().waitFor();
      await assertAccessible(page, "targets");
      await main.getByRole("link", { name: said.cardinality }).click();
      await main.getByRole("table").nth(2).waitFor();
      await assertAccessible(page, "cardinality");
      await close();
    });
  }
}
