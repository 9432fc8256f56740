// Prints what the page weighs and fails when the first view's JavaScript is too heavy.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const firstViewMax = 60 * 1024;
const html = readFileSync("dist/index.html", "utf8");
let first = 0;
for (const name of readdirSync("dist/assets").sort()) {
  const bytes = gzipSync(readFileSync(`dist/assets/${name}`), { level: 9 }).length;
  const isFirst = html.includes(name);
  if (isFirst && name.endsWith(".js")) first += bytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(7)} KB gzip  ${name}${isFirst ? "  (first view)" : ""}`);
}
console.log(`${(first / 1024).toFixed(1).padStart(7)} KB gzip  JavaScript of the first view, at most 60`);
if (first === 0 || first > firstViewMax) process.exit(1);
