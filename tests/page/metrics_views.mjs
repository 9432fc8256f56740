// The views of metrics on the running shop: a query by keyboard, its error, targets, cardinality.
import assert from "node:assert/strict";
import { test } from "node:test";

const texts = {
  en: {
    heading: "Metrics", query: "PromQL query", targets: "Targets", cardinality: "Cardinality", up: "up",
    owners: "Series by owner", nobody: "no service claims them",
    refused: "New series of pay are refused: they are at their limit of 1,000. Most are of logins_total; look at its label user.",
  },
  ja: {
    heading: "メトリクス", query: "PromQL のクエリ", targets: "ターゲット", cardinality: "カーディナリティ", up: "稼働",
    owners: "持ち主ごとの系列", nobody: "どのサービスのものでもない系列",
    refused: "pay の新しい系列を断っています。上限の 1,000 に達しました。最も多いのは logins_total で、ラベル user を見てください。",
  },
};
// An owner at its limit, which the shop has none of.
const pay = {
  owner: "pay", series: 1000, limit: 1000, refused: 123456,
  metrics: [{ name: "logins_total", series: 990 }], labels: [{ name: "user", values: 120000 }],
};
const nobody = { owner: "", series: 7, limit: 0, refused: 0, metrics: [], labels: [] };

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
      await main.getByRole("table").nth(3).waitFor();
      const owners = main.getByRole("region", { name: said.owners });
      await owners.getByRole("link", { name: "shop", exact: true }).waitFor();
      assert.equal(await main.getByRole("status").count(), 0);
      await assertAccessible(page, "cardinality");
      await page.route("**/kizashi/v1/series?*", (route) => route.fulfill({ json: { owners: [pay, nobody] } }));
      await main.getByRole("status").getByText(said.refused).waitFor();
      const cells = await owners.getByRole("row", { name: /logins_total/ }).getByRole("cell").allInnerTexts();
      assert.deepEqual(cells.slice(0, 4), ["1,000", "1,000", "100%", "123,456"]);
      await owners.getByRole("rowheader", { name: said.nobody }).waitFor();
      await assertAccessible(page, "an owner at its limit");
      await close();
    });
  }
}
