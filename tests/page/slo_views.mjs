// The views of SLOs on the running shop: from the board to an SLO to its team's review, by keyboard
// and in both languages, without any finding of axe.
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "./shop.mjs";
import { assertNothingFound } from "./walks.mjs";

const catalog = `service:
  name: shop
  title: Shop
  owner: shop-team
  redundancy: {need: 3, of: 5, by: server}
  slo:
    - name: availability
      title: Orders go through
      target: 99
      window: 1d
      good: 'http_requests_total{job="shop-balancer",code!~"5.."}'
      total: 'http_requests_total{job="shop-balancer"}'
      policy:
        - {spent: 0.01%, do: tell, text: Talk about it}
        - {spent: 0.02%, do: hold, text: Fixes only}
      exclude: [{from: "2026-01-01T00:00:00Z", for: 1h, reason: Moved the rack, author: aiko}]
      agreement: {approver: aiko, approved: "2026-01-01", review: "2026-06-01"}
    - name: fast
      target: 95
      window: {calendar: week, time_zone: Asia/Tokyo}
      latency: {histogram: 'http_request_duration_seconds{job="shop-balancer"}', below: 30ms}
`;

const texts = {
  en: { heading: "SLOs", left: "Error budget left", anomaly: "Anomaly budget left", hold: "releases held", overdue: "review overdue", unapproved: "unapproved", pairs: "When it alerts", needs: /needs at least [\d,]+ failures?/, policy: "Hold releases", slices: /^Good and bad events:/, table: /Show as table: Good/, review: /Review of Shop/, reviewTitle: "SLO review of 7 days: Shop", quarter: "SLO review of 3 months: Shop", name: "Name", bounds: /between two buckets/ },
  ja: { heading: "SLO", left: "エラーバジェット残り", anomaly: "異常バジェット残り", hold: "リリース停止", overdue: "見直し期限切れ", unapproved: "未承認", pairs: "アラートの条件", needs: /少なくとも [\d,]+ 件の失敗が必要/, policy: "リリース停止", slices: /^成功と失敗のイベント数:/, table: /表で見る: 成功/, review: /Shop のレビュー/, reviewTitle: "7 日間の SLO レビュー: Shop", quarter: "3 か月の SLO レビュー: Shop", name: "名前", bounds: /2 つのバケットの間/ },
};

/** The shop promises more than it did, and breaks some of it. */
async function prepare(shop) {
  const path = join(shop.folder, "catalog", "shop.yaml");
  writeFileSync(`${path}.new`, catalog);
  renameSync(`${path}.new`, path);
  await until("both SLOs", 30, async () => (await shop.ask("/slos")).slos.length === 2);
  await shop.fault("errors", "a", 60);
  await until("a hold", 60, async () => (await shop.ask("/holds?service=shop")).hold);
  await until("slices of both", 60, async () => {
    const all = await Promise.all(["availability", "fast"].map((name) => shop.ask(`/slos/shop/${name}/slices`)));
    return all.every((one) => one.slices.some(([, , total]) => total > 0));
  });
}

async function walk(language, theme, { open, pressUntil }) {
  const said = texts[language];
  const { page, errors, close } = await open(language, theme);
  const main = page.locator("main");
  await main.getByRole("heading", { level: 1 }).first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await main.getByRole("heading", { level: 1, name: said.heading, exact: true }).waitFor();
  const rows = main.locator(".slo-board tbody tr");
  await rows.nth(1).waitFor();
  // The least remaining budget comes first: which of the two it is depends on how fast this machine is.
  const orders = rows.filter({ hasText: "Orders go through" });
  const fast = rows.filter({ hasText: "fast" });
  const lefts = await rows.getByRole("meter", { name: said.left }).evaluateAll((meters) =>
    meters.map((meter) => Number(meter.getAttribute("aria-valuenow"))),
  );
  assert.equal(lefts.length, 2);
  assert.ok(lefts[0] <= lefts[1], `${lefts} left`);
  for (const badge of [said.hold, said.overdue]) await orders.getByText(badge, { exact: true }).waitFor();
  await fast.getByText(said.unapproved, { exact: true }).waitFor();
  await rows.first().getByRole("meter", { name: said.anomaly }).waitFor();
  await assertNothingFound(page, "board of SLOs");

  // What is chosen stands in the address, and comes back from it.
  await main.getByRole("searchbox", { name: said.name }).fill("fast");
  await page.waitForURL(/\/slos\?q=fast$/);
  assert.equal(await rows.count(), 1);
  await main.getByRole("combobox").first().selectOption("shop-team");
  await page.waitForURL(/team=shop-team/);
  await page.reload();
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  assert.equal(await main.getByRole("searchbox", { name: said.name }).inputValue(), "fast");
  await main.getByRole("searchbox", { name: said.name }).fill("");
  await rows.nth(1).waitFor();
  await main.getByRole("heading", { level: 1 }).click();

  await pressUntil(page, "j", (text) => text === "Orders go through", "the SLO");
  await page.keyboard.press("Enter");
  await main.getByRole("heading", { level: 1, name: /Orders go through/ }).waitFor();
  assert.match(page.url(), /\/slos\/shop\/availability$/);
  await main.locator("figure.chart canvas").first().waitFor();
  await main.getByRole("img", { name: said.slices }).waitFor();
  await main.getByRole("heading", { level: 2, name: said.pairs }).waitFor();
  await main.getByText(said.needs).first().waitFor();
  await main.getByText(said.policy, { exact: true }).last().waitFor();
  await main.getByText("Moved the rack").first().waitFor();
  await main.getByRole("button", { name: said.table }).focus();
  await page.keyboard.press("Enter");
  assert.ok((await main.locator("figure.chart tbody tr").count()) > 0, "the slices have their table");
  await assertNothingFound(page, "an SLO");

  await page.keyboard.press("Escape");
  await page.waitForURL(/\/slos$/);
  await fast.getByRole("link", { name: "fast" }).click();
  await main.getByText(said.bounds).waitFor();
  await assertNothingFound(page, "a latency");
  await page.keyboard.press("Escape");
  await main.getByRole("link", { name: said.review }).click();
  await page.waitForURL(/\/slos\/report\?team=shop-team$/);
  await main.getByRole("heading", { level: 2, name: said.reviewTitle }).waitFor();
  await main.getByRole("cell", { name: /Orders go through/ }).first().waitFor();
  await assertNothingFound(page, "the review");
  await main.getByRole("combobox").nth(1).selectOption("quarter");
  await main.getByRole("heading", { level: 2, name: said.quarter }).waitFor();
  assert.match(page.url(), /period=quarter/);
  assert.deepEqual(errors, []);
  await close();
}

export function testSlos(using) {
  test("SLOs of the shop", async (t) => {
    await prepare(using.shop());
    for (const [language, theme] of [["en", "light"], ["ja", "dark"], ["en", "dark"], ["ja", "light"]]) {
      await t.test(`board, SLO and review, ${language}, ${theme}`, () => walk(language, theme, using));
    }
  });
}
