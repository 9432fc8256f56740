// An incident by hand: opened, taken, written into, resolved, its report edited, refused, kept, looked
// at in its history and published, by keyboard, in both languages, without any finding of axe.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./shop.mjs";
import { assertNothingFound, press } from "./walks.mjs";

const texts = {
  en: { heading: "Incidents", openOne: "Open an incident", what: "What is the matter", open: "Open it", service: "Service", acknowledge: "Acknowledge", acknowledged: "Acknowledged", note: "Note", commander: "Commander", resolve: "Resolve", timeline: "Timeline", editor: "Report editor", text: "Text, as Markdown", save: "Save", saved: "Saved.", preview: "Preview", history: "History", look: "Look at it: 1", closed: "Closed", unpublished: "Report not published", show: "Show", why: "Why it surprised us", similar: "Similar incidents" },
  ja: { heading: "インシデント", openOne: "インシデントを開始", what: "何が起きているか", open: "開始する", service: "サービス", acknowledge: "確認する", acknowledged: "対応中", note: "メモ", commander: "指揮者", resolve: "解決にする", timeline: "経緯", editor: "レポートの編集", text: "本文（Markdown）", save: "保存", saved: "保存しました。", preview: "プレビュー", history: "履歴", look: "見る: 1", closed: "クローズ", unpublished: "レポート未公開", show: "表示", why: "なぜ予想外だったか", similar: "類似のインシデント" },
};

async function fill(form, value) {
  await form.getByRole("textbox").fill(value);
  await form.getByRole("textbox").press("Enter");
}

async function walk(language, theme, { shop, open }) {
  const said = texts[language];
  const { page, errors, close } = await open(language, theme);
  const main = page.locator("main");
  await main.getByRole("heading", { level: 1 }).first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await main.getByRole("heading", { level: 1, name: said.heading }).waitFor();
  await press(main.getByRole("button", { name: said.openOne }));
  const title = `Customers call ${language} ${theme}`;
  await main.getByRole("textbox", { name: said.what }).fill(title);
  await main.getByRole("form", { name: said.openOne }).getByRole("combobox", { name: said.service }).selectOption("shop");
  await assertNothingFound(page, "the list with its form");
  await press(main.getByRole("button", { name: said.open, exact: true }));
  await main.getByRole("heading", { level: 1, name: title }).waitFor();
  const id = Number(/\/incidents\/(\d+)$/.exec(page.url())?.[1]);

  // Live: what others tell is there without a reload. The anomaly of the shop goes on meanwhile.
  const timeline = main.getByRole("region", { name: said.timeline });
  await shop().ask("/incidents/events", {
    method: "POST",
    body: JSON.stringify({ events: [{ kind: "deploy", id: `d${id}`, service: "shop", links: { incident: String(id) }, fields: { version: "1.2.3" } }] }),
  });
  await timeline.getByText("1.2.3").waitFor();
  await press(main.getByRole("button", { name: said.acknowledge, exact: true }));
  await main.locator(".heading .tile").getByText(said.acknowledged, { exact: true }).waitFor();
  const note = `The rack <b>moves</b> ${id}`;
  await fill(main.getByRole("form", { name: said.note }), note);
  await timeline.getByText(note).waitFor();
  await fill(main.getByRole("form", { name: said.commander }), "hanako");
  await timeline.getByText("hanako").first().waitFor();
  await assertNothingFound(page, "an incident under way");

  // Its report: drafted, refused with a place, kept, looked at, published.
  await press(main.getByRole("button", { name: said.resolve, exact: true }));
  const editor = main.getByRole("textbox", { name: said.text });
  await editor.waitFor();
  const draft = await editor.inputValue();
  assert.ok(draft.startsWith(`---\nincident: ${id}\n`) && draft.includes("owner: hanako"), draft);
  const save = main.getByRole("button", { name: said.save, exact: true });
  const status = main.getByRole("region", { name: said.editor }).getByRole("status");
  await editor.fill(draft.replace("trigger: unknown", "trigger: gremlins"));
  await press(save);
  await main.getByRole("alert").getByText(/report\.md:\d+:10: trigger: /).waitFor();
  await assertNothingFound(page, "a report that cannot be read");
  await editor.fill(draft.replace("trigger: unknown", "trigger: hardware"));
  await press(save);
  await status.getByText(said.saved).waitFor();
  await press(main.getByRole("button", { name: said.preview }));
  await main.locator("article.report h2").first().waitFor();
  assert.equal(await main.locator("article.report b").count(), 0, "a note is no markup");
  await press(main.getByText(said.history, { exact: true }));
  await press(main.getByRole("button", { name: said.look }));
  await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, draft);
  await assertNothingFound(page, "the editor with its history");
  await editor.fill(draft.replace("trigger: unknown", "trigger: hardware").replace("state: draft", "state: published"));
  await press(save);
  await main.locator(".heading .tile").getByText(said.closed, { exact: true }).waitFor();
  assert.equal((await shop().ask(`/incidents/${id}`)).report_state, "published");

  // Back in the list, which tells what is left to do.
  await main.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("Escape");
  await main.getByRole("heading", { level: 1, name: said.heading }).waitFor();
  await main.getByRole("link", { name: title }).waitFor();
  await main.getByRole("combobox", { name: said.show }).selectOption("unpublished");
  await page.waitForURL(/state=unpublished/);
  await main.getByRole("link", { name: title }).waitFor({ state: "detached" });
  assert.deepEqual(errors.filter((one) => !/status of 400/.test(one)), []);
  await close();
}

export function testIncidents(using) {
  test("incidents of the shop", async (t) => {
    await until("the server", 30, async () => (await using.shop().ask("/incidents")).incidents);
    for (const [language, theme] of [["en", "light"], ["ja", "dark"]]) {
      await t.test(`from opening to publishing, ${language}, ${theme}`, () => walk(language, theme, using));
    }
  });
}
