// Runs the demo for a test of the page, and a browser to look at it with.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const skipCode = 77;
const binary =
  process.env.KIZASHI_BIN ?? fileURLToPath(new URL("../../build/release/kizashi", import.meta.url));

/** Ends the whole run as skipped. */
export function skip(missing) {
  console.log(`SKIPPED: ${missing}`);
  process.exit(skipCode);
}

function find(program) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, program);
    if (existsSync(path)) return path;
  }
  return "";
}

export async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch {
      // Not there yet.
    }
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Starts the five-server shop on free ports; `stop` ends it and removes its files. */
export async function startShop() {
  const folder = mkdtempSync(join(tmpdir(), "kizashi-page-"));
  const shop = spawn(binary, ["demo", "--dir", folder, "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  shop.stdout.on("data", (data) => (said += data));
  shop.stderr.on("data", (data) => (said += data));
  const gone = new Promise((resolve) => shop.on("exit", resolve));
  const address = await until("the demo's address", 20, () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]).catch(
    (error) => {
      shop.kill("SIGKILL");
      throw new Error(`${error.message}; it said:\n${said}`);
    },
  );
  const ask = async (path, init) => {
    const response = await fetch(`${address}/kizashi/v1${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    address,
    folder,
    ask,
    fault: (fault, server, seconds) =>
      ask("/demo/faults", { method: "POST", body: JSON.stringify({ fault, server, seconds }) }),
    stop: async () => {
      shop.kill("SIGTERM");
      const late = setTimeout(() => shop.kill("SIGKILL"), 15_000);
      await gone;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startBrowser() {
  const program = find("chromium") || find("chromium-browser");
  if (!program) skip("chromium is not installed");
  // Chromium's own sandbox needs rights that a container's root does not have.
  return chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}
