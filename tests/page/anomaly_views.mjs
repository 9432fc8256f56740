// An anomaly of the running shop: from the list to the derivation of its price to marking it as
// expected, and back, by keyboard, in both languages, without any finding of axe.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./shop.mjs";
import { assertNothingFound, press } from "./walks.mjs";

const texts = {
  en: { heading: "Anomalies", down: /^Member c down$/, price: "Price", derivation: "How the price is derived", band: "What left its band", table: "Show as table", decide: "What to do about it", acknowledge: "Acknowledge", acknowledged: /^Acknowledged by page/, expect: "Mark as expected", form: "Expected until, because", because: "Because", save: "Save", cancel: "Cancel", state: "expected", spendsNothing: /^It spends nothing/, spends: /^It spends .* of the anomaly budget/, unexpect: "No longer expected", fixed: "Fixed by …", fixedBy: "Change, ticket or person", fixedState: "fixed", reopen: "Not fixed after all", ledger: "Ledger", links: "Where to look", series: "Series", service: "Service", filter: "Show", filterExpected: "Expected" },
  ja: { heading: "異常", down: /^メンバー c 停止$/, price: "価格", derivation: "価格の導き方", band: "想定の範囲を外れたもの", table: "表で見る", decide: "対応", acknowledge: "確認する", acknowledged: /^ページ が確認済み/, expect: "想定内にする", form: "想定内とする期限と理由", because: "理由", save: "保存", cancel: "キャンセル", state: "想定内", spendsNothing: /^この種類は想定内なので消費しません/, spends: /^異常バジェットを .* 消費しています/, unexpect: "想定内を取り消す", fixed: "修正済みにする", fixedBy: "変更、チケット、または人", fixedState: "修正済み", reopen: "修正済みを取り消す", ledger: "台帳", links: "参照先", series: "時系列", service: "サービス", filter: "表示", filterExpected: "想定内" },
};

async function walk(language, theme, { shop, open, pressUntil }) {
  const said = texts[language];
  const { page, errors, close } = await open(language, theme);
  const main = page.locator("main");
  await main.getByRole("heading", { level: 1 }).first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await main.getByRole("heading", { level: 1, name: said.heading }).waitFor();
  await main.getByRole("combobox", { name: said.service }).selectOption("shop");
  await page.waitForURL(/\/anomalies\?service=shop$/);
  await main.getByRole("link", { name: said.down }).first().waitFor();
  await assertNothingFound(page, "the anomalies of a service");
  await main.getByRole("heading", { level: 1 }).click();
  await pressUntil(page, "j", (text) => said.down.test(text), "the anomaly");
  await page.keyboard.press("Enter");
  await main.getByRole("heading", { level: 1, name: said.down }).waitFor();

  // Its price, and how that is derived.
  await main.getByRole("heading", { level: 2, name: said.price, exact: true }).waitFor();
  await main.getByText(said.spends).waitFor();
  await press(main.getByText(said.derivation));
  await main.getByText("member_loss_mean").waitFor();
  assert.match((await main.locator(".derivation a").getAttribute("href")) ?? "", /^\/kizashi\/v1\/prices\/shop%2F/);
  await main.getByRole("heading", { level: 2, name: said.band }).waitFor();
  await main.locator("svg.anomaly-band").waitFor();
  await press(main.getByRole("button", { name: said.table, exact: true }));
  assert.ok((await main.locator("section[aria-labelledby=band] tbody tr").count()) > 0, "the drawing has its table");
  await main.getByRole("heading", { level: 2, name: said.links }).waitFor();
  assert.match((await main.getByRole("link", { name: said.series, exact: true }).getAttribute("href")) ?? "", /^\/explore\?q=up/);
  await assertNothingFound(page, "an anomaly");

  // Mark as expected until ... because ...; Escape in the form closes the form alone.
  const state = main.locator(".heading .tile");
  await press(main.getByRole("button", { name: said.expect }));
  const form = main.getByRole("form", { name: said.form });
  await form.waitFor();
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
  assert.match(page.url(), /\/anomalies\/[0-9a-f]{16}$/);
  await press(main.getByRole("button", { name: said.expect }));
  await assertNothingFound(page, "the form");
  const reason = `The rack moves (${language}, ${theme})`;
  await form.getByRole("textbox", { name: said.because }).fill(reason);
  await page.keyboard.press("Enter");
  await state.getByText(said.state, { exact: true }).waitFor();
  await main.getByText(said.spendsNothing).waitFor();
  const ledger = main.getByRole("region", { name: said.ledger }).locator("tbody tr");
  await ledger.first().getByText(reason).first().waitFor();
  await assertNothingFound(page, "an expected anomaly");
  assert.equal((await shop().ask("/anomalies?state=expected")).anomalies.some((one) => one.ledger.expected_because === reason), true);

  // And back; then fixed, and back.
  await press(main.getByRole("button", { name: said.unexpect }));
  await main.getByText(said.spends).waitFor();
  await press(main.getByRole("button", { name: said.fixed }));
  await main.getByRole("textbox", { name: said.fixedBy }).fill("A new cable");
  await page.keyboard.press("Enter");
  await state.getByText(said.fixedState, { exact: true }).waitFor();
  await press(main.getByRole("button", { name: said.reopen }));
  await state.getByText(said.fixedState, { exact: true }).waitFor({ state: "detached" });
  const acknowledge = main.getByRole("button", { name: said.acknowledge, exact: true });
  if ((await acknowledge.count()) > 0) await press(acknowledge);
  await main.getByText(said.acknowledged).waitFor();
  // Nothing is taken out of the ledger: five decisions are five rows.
  await ledger.nth(4).waitFor();
  assert.deepEqual(errors, []);
  await close();
}

export function testAnomalies(using) {
  test("anomalies of the shop", async (t) => {
    await until("the anomaly of c", 30, async () =>
      (await using.shop().ask("/anomalies")).anomalies.some((one) => one.fields.member === "c"));
    for (const [language, theme] of [["en", "light"], ["ja", "dark"], ["en", "dark"], ["ja", "light"]]) {
      await t.test(`price and ledger, ${language}, ${theme}`, () => walk(language, theme, using));
    }
  });
}
