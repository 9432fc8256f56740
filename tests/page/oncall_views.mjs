// On call at the running shop: who is now and next, the weeks to come and their gaps, an override that
// is added and taken back, the telephone, by keyboard, in both languages, without any finding of axe.
import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "./shop.mjs";
import { assertFitsNarrow, assertNothingFound, press } from "./walks.mjs";

const texts = {
  en: { heading: "On call", findings: "Before it happens", gap: "nobody is on call", table: "Show as table", turns: "Turns", layer: "Layer", add: "Add a change", person: "On call", schedule: "Schedule", from: "From", until: "Until", reason: "Reason", save: "Add", saved: "Saved.", changes: "Overrides, swaps and leave", inFile: "in a file", takeBack: /^Take back \d+: Override, ben$/, takenBack: "Taken back.", past: /^Over or taken back: /, takenBackBy: /^taken back by /, escalations: "Whom an alert tells", why: "A file of shop-team says so.", people: "People", ring: "Ring aiko", because: "Because", author: "Your name", ringNow: "Ring now", notRung: /^It was not rung: ./ },
  ja: { heading: "当番", findings: "起きる前に", gap: "担当者がいません", table: "表で見る", turns: "番", layer: "層", add: "変更を加える", person: "担当者", schedule: "当番表", from: "始まり", until: "終わり", reason: "理由", save: "加える", saved: "保存しました。", changes: "差し替え・交換・不在", inFile: "ファイル", takeBack: /^\d+ を取り消す: 差し替え、ben$/, takenBack: "取り消しました。", past: /^終了または取り消し: /, takenBackBy: /が取り消し$/, escalations: "アラートの連絡先", why: "shop-team のファイルに書かれています。", people: "人", ring: "aiko に電話する", because: "理由", author: "あなたの名前", ringNow: "今すぐ電話する", notRung: /^電話できませんでした: ./ },
};

const dayMs = 86_400_000;
/** On the clock of Tokyo, which has no summer time. */
const inTokyo = (ms) => new Date(ms + 9 * 3_600_000).toISOString().slice(0, 16);

function files() {
  const soon = inTokyo(Date.now() + 3 * dayMs).slice(0, 10);
  return `schedule:
  name: shop-primary
  title: Shop primary
  team: shop-team
  time_zone: Asia/Tokyo
  layers:
    - {name: week, rotation: weekly, start: 2025-01-06 09:00, people: [aiko, chie]}
    - {name: night, rotation: daily, start: 2025-01-06 22:00, people: [chie, aiko], only: {days: mon-fri, from: 22:00, to: 06:00}}
---
schedule:
  name: shop-days
  title: Shop days
  team: shop-team
  time_zone: Europe/Berlin
  layers:
    - {name: days, rotation: weekly, start: 2025-01-06 09:00, people: [ben, chie], only: {days: mon-fri}}
---
leave: {person: aiko, from: ${soon}, to: ${soon}, time_zone: Asia/Tokyo}
---
escalation:
  team: shop-team
  steps:
    - {tell: {schedule: shop-primary}, wait: 5m}
    - {tell: [{person: ben}], wait: 15m, only: {days: mon-fri, from: 09:00, to: 18:00}}
  repeat: 1
`;
}

async function prepare(shop) {
  const put = (name, text) => {
    const path = join(shop.folder, "catalog", name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const teams = readFileSync(join(shop.folder, "catalog", "teams.yaml"), "utf8");
  put("teams.yaml", teams.replace("{name: aiko,", '{name: aiko, phone: "sip:aiko@127.0.0.1",'));
  put("oncall.yaml", files());
  await until("a telephone", 60, async () => (await shop.ask("/oncall/plan")).people.some((one) => one.has_phone));
  await until("both schedules", 60, async () => {
    const { schedules, errors } = await shop.ask("/oncall");
    assert.deepEqual(errors, []);
    return schedules.length === 2;
  });
}

async function override({ shop, page, main, said, card, reason }) {
  const before = (await shop.ask("/oncall")).schedules.find((one) => one.schedule === "shop-primary").now.person;
  await press(main.getByRole("button", { name: said.add, exact: true }));
  const form = main.getByRole("form", { name: said.add });
  await assertNothingFound(page, "the form of a change");
  await assertFitsNarrow(page, "the form of a change");
  await form.getByRole("combobox", { name: said.schedule }).selectOption("shop-primary");
  await form.getByRole("combobox", { name: said.person, exact: true }).selectOption("ben");
  await form.getByLabel(said.from, { exact: true }).fill(inTokyo(Date.now() - 3_600_000));
  await form.getByLabel(said.until, { exact: true }).fill(inTokyo(Date.now() + 3 * 3_600_000));
  await form.getByRole("textbox", { name: said.reason }).fill(reason);
  await press(form.getByRole("button", { name: said.save, exact: true }));
  await main.getByText(said.saved, { exact: true }).waitFor();
  await card.locator(".lead b").getByText(/^ben/).waitFor();
  const now = (await shop.ask("/oncall")).schedules.find((one) => one.schedule === "shop-primary").now;
  assert.deepEqual([now.person, now.why], ["ben", "override"]);

  const changes = main.getByRole("region", { name: said.changes });
  const row = changes.getByRole("row").filter({ hasText: reason });
  await row.getByText("shop-primary").waitFor();
  await changes.getByText(said.inFile, { exact: true }).first().waitFor();
  await assertNothingFound(page, "an override");
  await press(row.getByRole("button", { name: said.takeBack }));
  await main.getByText(said.takenBack, { exact: true }).waitFor();
  await card.locator(".lead b").getByText(/^ben/).waitFor({ state: "detached" });
  assert.equal((await shop.ask("/oncall")).schedules.find((one) => one.schedule === "shop-primary").now.person, before);
  assert.equal((await shop.ask("/oncall/edits")).edits.some((one) => one.reason === reason && one.removed_by !== ""), true);
  await press(main.getByText(said.past));
  await main.getByRole("row").filter({ hasText: reason }).getByText(said.takenBackBy).waitFor();
}

async function walk(language, theme, { shop, open, pressUntil }) {
  const said = texts[language];
  const { page, errors, close } = await open(language, theme);
  const main = page.locator("main");
  await main.getByRole("heading", { level: 1 }).first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await main.getByRole("heading", { level: 1, name: said.heading, exact: true }).waitFor();
  const card = main.getByRole("article", { name: "Shop primary", exact: true });
  const { now, next } = (await shop().ask("/oncall")).schedules.find((one) => one.schedule === "shop-primary");
  await card.locator(".lead b").getByText(new RegExp(`^${now.person}`)).waitFor();
  await card.getByText(new RegExp(`^${next.person}`)).last().waitFor();
  await main.getByRole("region", { name: said.findings }).getByText(said.gap, { exact: true }).first().waitFor();
  const escalations = main.getByRole("region", { name: said.escalations });
  await escalations.getByText(said.why, { exact: true }).waitFor();
  await escalations.getByText(/09:00–18:00/).first().waitFor();

  // The weeks to come: a drawing, and a table of each layer behind it.
  await pressUntil(page, "j", (text) => text === "Shop primary", "the schedule");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/oncall\?schedule=shop-primary$/);
  const weeks = main.locator("figure.weeks");
  await weeks.getByText(/Shop primary.*Asia\/Tokyo/).waitFor();
  assert.ok((await weeks.locator(".week").count()) >= 8, "eight weeks");
  assert.equal(await weeks.locator(".week").first().locator(".lane").count(), 3, "two layers and who is on call");
  await press(weeks.getByRole("button", { name: said.table }));
  const rows = weeks.locator("tbody tr");
  assert.ok((await rows.count()) > 40, "the drawing has its table");
  await weeks.getByRole("combobox", { name: said.layer }).selectOption("week");
  await until("the layer's turns", 30, async () => (await rows.count()) < 20);
  await assertNothingFound(page, "on call");
  await assertFitsNarrow(page, "on call");

  await override({ shop: shop(), page, main, said, card, reason: `Practice ${language} ${theme}` });

  const href = await card.getByRole("link", { name: "shop-primary" }).getAttribute("href");
  const calendar = await (await fetch(shop().address + href)).text();
  assert.match(calendar, /^BEGIN:VCALENDAR\r\n/);

  // Without a telephone it says so, and claims nothing.
  const row = main.getByRole("region", { name: said.people, exact: true }).getByRole("row").filter({ hasText: "Aiko" });
  await press(row.getByRole("button", { name: said.ring }));
  await row.getByRole("textbox", { name: said.because }).fill("The disk");
  await row.getByRole("textbox", { name: said.author }).fill("hanako");
  await press(row.getByRole("button", { name: said.ringNow }));
  await row.getByText(said.notRung).waitFor();
  assert.deepEqual(errors.filter((one) => !/status of (404|503)/.test(one)), []);
  await close();
}

export function testOnCall(using) {
  test("on call at the shop", async (t) => {
    await prepare(using.shop());
    for (const [language, theme] of [["en", "light"], ["ja", "dark"]]) {
      await t.test(`weeks, an override and the telephone, ${language}, ${theme}`, () => walk(language, theme, using));
    }
  });
}
