// Alerts of the running shop: a group is acknowledged, silenced, seen at its destination that does not
// take it, and resolved, by keyboard, in both languages, without any finding of axe.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "./shop.mjs";
import { assertFitsNarrow, assertNothingFound, press } from "./walks.mjs";

const texts = {
  en: { heading: "Alerts", notReached: "not told: the catalog has no way to them", unacknowledged: "nobody has acknowledged it", comment: "Comment", acknowledge: "Acknowledge", acknowledged: /^acknowledged by page/, told: "Who was told, and when", waits: /is still to be told$/, silence: "Silence", preview: /^It silences 1 alert now/, unreadable: /^This cannot be read/, newSilence: "New silence", author: "Your name", silenced: "Silenced.", active: "Active", expire: /^Expire /, over: "It is over.", operator: "is", value: "Value", label: "Label", destinations: "Destinations", firing: "Firing", failing: "failing", resolve: "Resolve", resolved: /^Resolved: / },
  ja: { heading: "アラート", notReached: "知らせていません。カタログに届く手段がありません", unacknowledged: "誰も確認していません", comment: "コメント", acknowledge: "確認する", acknowledged: /^page が確認済み/, told: "誰にいつ知らせたか", waits: /にはまだ届いていません$/, silence: "サイレンス", preview: /^現在 1 件のアラートが対象です/, unreadable: /^読めません/, newSilence: "新しいサイレンス", author: "あなたの名前", silenced: "サイレンスにしました。", active: "有効", expire: /を終了する$/, over: "終了しました。", operator: "条件", value: "値", label: "ラベル", destinations: "送り先", firing: "発報中", failing: "失敗中", resolve: "解決にする", resolved: /^解決にしました: / },
};

const secret = "not-for-the-page";

function put(shop, name, text) {
  const path = join(shop.folder, "catalog", name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** A receiver that takes nothing, and the shop's team tells it; a service of that team for each walk. */
async function prepare(shop) {
  const receiver = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(503).end("closed"));
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${receiver.address().port}`;
  const teams = readFileSync(join(shop.folder, "catalog", "teams.yaml"), "utf8");
  put(shop, "teams.yaml", teams.replace("{name: shop-team,", `{name: shop-team, notify: [{webhook: "http://${address}/${secret}"}],`));
  put(shop, "walks.yaml", "service: {name: walk-en, owner: shop-team}\n---\nservice: {name: walk-ja, owner: shop-team}\n");
  await until("the destination", 60, async () =>
    (await shop.ask("/alerts/queues")).queues.some((one) => one.destination === "team shop-team/webhook/0" && one.host === address));
  return { address, stop: () => new Promise((resolve) => receiver.close(resolve)) };
}

/** The group of one alert that fires for an hour. */
async function fire(shop, name) {
  const alert = {
    labels: { alertname: "DiskFills", service: name, owner: "shop-team", severity: "page" },
    annotations: { title: `Disk fills: ${name}`, summary: "Full <b>by</b> noon" },
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const posted = await fetch(`${shop.address}/api/v2/alerts`, { method: "POST", body: JSON.stringify([alert]) });
  assert.equal(posted.status, 200, await posted.text());
  return until("the group", 30, async () => (await shop.ask("/alerts/groups")).groups.find((one) => one.labels.service === name));
}

/** Who is told of the group by on-call, and why. */
function escalationOf(shop, group) {
  return until("the escalation", 30, async () => {
    const { escalations } = await shop.ask("/escalations");
    return escalations.find((one) => one.group_id === group.group && one.told.length > 0);
  });
}

async function silenceIt({ shop, page, main, card, said, name }) {
  await press(card.getByRole("link", { name: said.silence, exact: true }));
  await page.waitForURL(/\/alerts\/silences\?m=/);
  const form = main.getByRole("form", { name: said.newSilence });
  await form.getByText(said.preview).waitFor();
  await form.getByText(`service=${name}`).waitFor();
  await assertNothingFound(page, "the form of a silence");
  await assertFitsNarrow(page, "the form of a silence");
  const comment = `The disk is being changed ${name}`;
  await form.getByRole("textbox", { name: said.comment }).fill(comment);
  await form.getByRole("textbox", { name: said.author }).fill("hanako");
  await press(form.getByRole("button", { name: said.silence, exact: false }).last());
  await main.getByText(said.silenced, { exact: true }).waitFor();
  const find = async () => (await (await fetch(`${shop.address}/api/v2/silences`)).json()).find((one) => one.comment === comment);
  assert.equal((await find()).status.state, "active");
  const row = main.getByRole("region", { name: said.active, exact: true }).getByRole("row").filter({ hasText: comment });
  await row.getByText("hanako").waitFor();
  await assertNothingFound(page, "a silence");
  await press(row.getByRole("button", { name: said.expire }));
  await main.getByText(said.over, { exact: true }).waitFor();
  await row.waitFor({ state: "detached" });
  assert.equal((await find()).status.state, "expired");

  // What cannot be read is told before it is sent.
  await press(main.getByRole("button", { name: said.newSilence, exact: true }));
  await form.getByRole("combobox", { name: said.operator }).first().selectOption("=~");
  await form.getByRole("textbox", { name: said.value }).first().fill("(");
  await form.getByText(said.unreadable).waitFor();
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
}

async function walk(language, theme, { shop, open, receiver }) {
  const said = texts[language];
  const name = `walk-${language}`;
  const group = await fire(shop(), name);
  const { page, errors, close } = await open(language, theme);
  const escalation = await escalationOf(shop(), group);
  const main = page.locator("main");
  await main.getByRole("heading", { level: 1 }).first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await main.getByRole("heading", { level: 1, name: said.heading, exact: true }).waitFor();
  const card = main.getByRole("article", { name: `Disk fills: ${name}` });
  await card.getByText("Full <b>by</b> noon").waitFor();
  await card.getByText("team shop-team/webhook/0").first().waitFor();
  await card.getByText(said.unacknowledged, { exact: true }).waitFor();
  const [first] = escalation.told;
  const why = language === "ja" ? first.reason_ja : first.reason;
  await card.getByText(first.reached ? why : said.notReached).first().waitFor();
  for (const name of escalation.next) await card.getByText(name, { exact: true }).first().waitFor();
  await assertNothingFound(page, "groups of alerts");
  await assertFitsNarrow(page, "groups of alerts");

  await card.getByRole("textbox", { name: said.comment }).fill("On it");
  await press(card.getByRole("button", { name: said.acknowledge, exact: true }));
  await card.getByText(said.acknowledged).waitFor();
  const now = (await shop().ask("/alerts/groups")).groups.find((one) => one.group === group.group);
  assert.equal(now.acknowledged.by, "page");
  await press(card.getByText(said.told, { exact: true }));
  await card.getByText(said.waits).first().waitFor();

  await silenceIt({ shop: shop(), page, main, card, said, name });

  await press(main.getByRole("link", { name: said.destinations, exact: true }));
  await page.waitForURL(/\/alerts\/destinations$/);
  const row = main.getByRole("row").filter({ hasText: "team shop-team/webhook/0" });
  await row.getByText(/503/).waitFor();
  await row.getByText(said.failing, { exact: true }).waitFor();
  await row.getByText(receiver().address, { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(secret), "an address's path is a secret");
  await assertNothingFound(page, "destinations");
  await assertFitsNarrow(page, "destinations");

  await page.keyboard.press("Escape");
  await page.waitForURL(/\/alerts$/);
  await press(card.getByRole("button", { name: said.resolve, exact: true }));
  await main.getByText(said.resolved).waitFor();
  await card.waitFor({ state: "detached" });
  assert.ok((await shop().ask("/alerts/groups")).groups.every((one) => one.group !== group.group));
  assert.deepEqual(errors.filter((one) => !/status of 400/.test(one)), []);
  await close();
}

export function testAlerts(using) {
  test("alerts of the shop", async (t) => {
    const receiver = await prepare(using.shop());
    try {
      for (const [language, theme] of [["en", "light"], ["ja", "dark"]]) {
        await t.test(`from firing to resolved, ${language}, ${theme}`, () => walk(language, theme, { ...using, receiver: () => receiver }));
      }
    } finally {
      await receiver.stop();
    }
  });
}
