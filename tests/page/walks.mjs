// What the walks through the page share.
import assert from "node:assert/strict";
import AxeBuilder from "@axe-core/playwright";

/** axe finds nothing on the page as it is. */
export async function assertNothingFound(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
  assert.deepEqual(found, [], where);
}

/** Focuses what is named and presses Enter, as somebody without a mouse does. */
export async function press(locator) {
  await locator.focus();
  await locator.press("Enter");
}

/** On a narrow screen nothing but its own regions is to be moved sideways. */
export async function assertFitsNarrow(page, where) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 800 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize(size);
  assert.ok(width <= 390, `${where}: ${width} pixels wide on a screen of 390`);
}
