// Makes docs/use/board.png: the board of the shop with one server down.
//
//   node tests/page/screenshot.mjs [FOLDER]   with FOLDER also every other view, both themes
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser, startShop, until } from "./shop.mjs";

const board = fileURLToPath(new URL("../../docs/use/board.png", import.meta.url));
const folder = process.argv[2];
const browser = await startBrowser();
const shop = await startShop();

async function picture(path, file, theme, locale, ready) {
  const context = await browser.newContext({
    locale,
    colorScheme: theme,
    viewport: { width: 1180, height: path === "/" ? 560 : 900 },
  });
  const page = await context.newPage();
  await page.goto(shop.address + path);
  await page.locator(ready).first().waitFor();
  await page.waitForTimeout(800);
  await page.screenshot({ path: file, fullPage: path !== "/" });
  await context.close();
}

try {
  await until("five servers up", 30, async () => {
    const { members } = await shop.ask("/services/shop");
    return members.length === 5 && members.every((one) => one.up);
  });
  await until("a known log", 60, async () => {
    const { signals } = await shop.ask("/services/shop/signals?range=900");
    return signals.some((one) => one.points.length > 2);
  });
  await shop.fault("down", "c", 600);
  await shop.fault("new_line", "b", 60);
  const list = await until("two anomalies", 60, async () => {
    const { anomalies } = await shop.ask("/anomalies");
    return anomalies.length >= 2 && anomalies;
  });
  await picture("/", board, "light", "en-GB", "tr.anomaly");
  if (folder) {
    const views = { board: "/", service: "/services/shop", anomalies: "/anomalies", report: "/report", demo: "/demo" };
    list.forEach((one, i) => (views[`anomaly-${i}`] = `/anomalies/${one.id}`));
    const ready = { service: "canvas", report: "article h2" };
    for (const [theme, locale] of [["light", "en-GB"], ["dark", "ja-JP"]]) {
      for (const [name, path] of Object.entries(views)) {
        await picture(path, join(folder, `${name}-${theme}.png`), theme, locale, ready[name] ?? "main h1");
      }
    }
  }
} finally {
  await browser.close();
  await shop.stop();
}
