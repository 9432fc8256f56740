// Sends numbered events with one of npm's Fluent loggers and prints the number of each that was
// acknowledged:
//
//   node send.mjs LIBRARY MODE PORT COUNT [SHARED_KEY]
//
// LIBRARY is fluent-logger or fluent-org, MODE one of their event modes. At most 100 events are
// under way at a time; one that fails is sent again until it is acknowledged.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [library, mode, port, count, sharedKey] = process.argv.slice(2);
const security = sharedKey ? { clientHostname: "the-sender", sharedKey } : undefined;

function fluentLogger() {
  const sender = require("fluent-logger").createFluentSender("shop", {
    host: "127.0.0.1",
    port: Number(port),
    eventMode: mode,
    requireAckResponse: true,
    ackResponseTimeout: 3000,
    reconnectInterval: 100,
    flushInterval: 10,
    milliseconds: false,
    internalLogger: { info() {}, error() {} },
    ...(security ? { security: { ...security, username: "", password: "" } } : {}),
  });
  sender.on("error", () => {});
  return (record) =>
    new Promise((resolve, reject) => {
      sender.emit("web", record, (error) => (error ? reject(error) : resolve()));
    });
}

function fluentOrg() {
  const { FluentClient } = require("@fluent-org/logger");
  const client = new FluentClient("shop", {
    eventMode: mode,
    ack: { ackTimeout: 3000 },
    milliseconds: true,
    flushInterval: 10,
    socket: { host: "127.0.0.1", port: Number(port), timeout: 3000, reconnect: { minDelay: 50, maxDelay: 200 } },
    ...(security ? { security } : {}),
  });
  client.socketOn("error", () => {});
  return (record) => client.emit("web", record);
}

const emit = library === "fluent-org" ? fluentOrg() : fluentLogger();
let next = 0;

async function worker() {
  while (next < Number(count)) {
    const number = next++;
    const record = { message: `event ${number} `, service: "shop", level: "info", at: { page: [1, "二"] } };
    for (;;) {
      try {
        await emit(record);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    process.stdout.write(`${number}\n`);
  }
}

await Promise.all(Array.from({ length: mode === "Message" ? 1 : 100 }, worker));
process.exit(0);
