// Answers about logs for the tests of the page, in the shapes of src/api/openapi.yaml, so that every
// case there is can be looked at: rare ones, hostile texts, an answer that breaks off.
const minute = 60_000;
const now = Math.floor(Date.now() / minute) * minute;

function pattern(id, text, severity, badges, lines, name = "") {
  const counts = Array.from({ length: 60 }, (_, i) => [now - (60 - i) * minute, Math.floor(lines / 60)]);
  const times = { first_seen: now - 60 * minute, last_seen: now - minute };
  return { id, text, name, severity, lines, ...times, example: text.replaceAll("<*>", "17"), badges, counts, skeletons: [id] };
}

export const placed = "00000000000000a1";
const patterns = [
  pattern("00000000000000a0", "request <*> answered <*> in <*> ms", "info", [], 6000),
  pattern(placed, "注文 <*> を受付 <b>", "warn", ["new", "up"], 600),
  pattern("00000000000000a2", "cache hit ratio <*>", "", ["down"], 60, "Hits <i>"),
  pattern("00000000000000a3", "feed of prices is fresh", "error", ["gone"], 0),
];
const list = { service: "shop", lines: 6665, patterns, other_lines: 5 };

/** Bytes of UTF-8, as the server counts them. */
const slot = (text, value, kind) => {
  const begin = Buffer.byteLength(text.slice(0, text.indexOf(value)));
  return [begin, begin + Buffer.byteLength(value), kind];
};
const said = "注文 100482 を受付 <b> 😀 SKU-0031";
const detail = {
  service: "shop",
  ...patterns[1],
  sampled: 600,
  examples: [{ time: now - minute, text: said, slots: [slot(said, "100482", "number"), slot(said, "SKU-0031", "mixed")] }],
  parameters: [
    {
      slot: 0,
      distinct: 600,
      top: [["100482", 400], ["100483", 200]],
      numbers: { count: 600, min: 100000, p50: 100300, p90: 100540, p99: 100594, max: 100600 },
    },
    { slot: 1, distinct: 2, top: [["SKU-0031", 590], ["<script>", 10]], numbers: null },
  ],
};
const item = (id, text, before, after, g, p, name = "") =>
  ({ id, text, name, severity: "info", example: text.replaceAll("<*>", "17"), before, after, g, p });
const diff = {
  new: [item(placed, "注文 <*> を受付 <b>", 0, 600, 812.4, 0)],
  gone: [item("00000000000000a3", "feed of prices is fresh", 40, 0, 56.1, 7e-14)],
  changed: [item("00000000000000a2", "cache hit ratio <*>", 120, 60, 19.2, 0.000012, "Hits <i>")],
  lines_before: 6000,
  lines_after: 6665,
};

export function line(text, more = {}) {
  const stream = { service_name: "shop", instance: "a" };
  return { time: now, service: "shop", severity: "info", text, trace_id: "", stream, metadata: { thread: "7" }, ...more };
}
export const hostile = [
  line("<img src=x onerror='window.hacked = 1'> <b>bold</b>", { severity: "error", trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" }),
  line("\u001b[31mred\u001b[0m bell\u0007 turned\u202eback nul\u0000 end\r"),
  line(`long ${"x".repeat(5000)} tail`, { pattern_id: "00000000000000a2", pattern_name: "Hits <i>" }),
  line("Traceback:\n\tat one\n\tat two", { service: "", severity: "" }),
];
const all = { end: "all", searched_bytes: 3 << 20, damaged: [] };

const ndjson = (objects) => objects.map((one) => `${JSON.stringify(one)}\n`).join("");

/**
 * Answers every request about logs of `page`. `asked` grows by their addresses. `search` and `tail`
 * may be replaced: the body of a search; the answer of a tail, or nothing to keep it waiting.
 */
export async function stubLogs(page) {
  const stub = {
    asked: [],
    search: () => ({ status: 200, contentType: "application/x-ndjson", body: ndjson([...hostile, all]) }),
    tail: (after) => (after ? undefined : { cursor: "7:1", lines: [line("the first"), line("the second")] }),
  };
  const json = (body) => ({ status: 200, contentType: "application/json", body: JSON.stringify(body) });
  await page.route("**/kizashi/v1/logs/**", async (route) => {
    const url = new URL(route.request().url());
    stub.asked.push(url);
    const place = url.pathname.replace("/kizashi/v1/logs/", "");
    if (place === "patterns") return route.fulfill(json(list));
    if (place === `patterns/${placed}`) return route.fulfill(json(detail));
    if (place === "diff") return route.fulfill(json(diff));
    if (place === "search") return route.fulfill(stub.search(url.searchParams));
    const answer = place === "tail" ? stub.tail(url.searchParams.get("after")) : undefined;
    if (answer) return route.fulfill(json(answer));
    if (place !== "tail") return route.fulfill({ status: 404, contentType: "application/json", body: '{"error":"no"}' });
  });
  return stub;
}

/** A search's answer with these lines and this end; without an end it broke off. */
export function found(lines, end) {
  const body = ndjson(end ? [...lines, { ...all, ...end }] : lines);
  return { status: 200, contentType: "application/x-ndjson", body };
}
