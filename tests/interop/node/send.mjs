// Sends numbered log lines with a real client, and goes on until all are delivered.
//
//   node send.mjs CLIENT URL COUNT
//
// CLIENT is otlp-http (OpenTelemetry, JSON), otlp-proto (protobuf), loki-json or loki-proto (winston-loki).
// Line n of stream s is what `text` says; lines_test.py knows the same rule. A server that is away is waited
// for, as an agent does; nothing is sent again that was answered.
import { setTimeout as sleep } from 'node:timers/promises';

const [client, url, countText] = process.argv.slice(2);
const count = Number(countText);
const STREAMS = ['shop', 'cart'];
const CHUNK = 20; // lines a request
const PAUSE_MS = 5;
const RETRY_MS = 50;
const LEVELS = ['debug', 'info', 'warn', 'error'];

const text = (stream, n) => `${stream} line ${n}: 兆し "quoted" \\ back\tslash 🚀 {"a": ${n}}`;
const traceOf = (n) => n.toString(16).padStart(32, 'a');
const spanOf = (n) => n.toString(16).padStart(16, 'b');

/** Calls `send` until it does not throw. */
async function untilDelivered(send) {
  for (;;) {
    try {
      return await send();
    } catch {
      await sleep(RETRY_MS);
    }
  }
}

async function sendOtlp(exporterModule) {
  const { OTLPLogExporter } = await import(exporterModule);
  const { LoggerProvider, BatchLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
  const { Resource } = await import('@opentelemetry/resources');
  const { ROOT_CONTEXT, trace } = await import('@opentelemetry/api');
  const NUMBERS = { debug: 5, info: 9, warn: 13, error: 17 };
  await Promise.all(STREAMS.map(async (stream) => {
    const exporter = new OTLPLogExporter({ url: `${url}/v1/logs` });
    // One batch after another: at its end the SDK would send all that is left at once.
    let before = Promise.resolve();
    const patient = {
      export: (records, done) => {
        before = before.then(() => untilDelivered(() => new Promise((resolve, reject) => {
          exporter.export(records, (result) => (result.code === 0 ? resolve() : reject(result.error)));
        }))).then(() => done({ code: 0 }));
      },
      shutdown: () => exporter.shutdown(),
    };
    const processor = new BatchLogRecordProcessor(patient, {
      maxExportBatchSize: CHUNK, maxQueueSize: 1e6, exportTimeoutMillis: 120_000, scheduledDelayMillis: 1,
    });
    const provider = new LoggerProvider({
      resource: new Resource({ 'service.name': stream, 'process.pid': 17 }),
    });
    provider.addLogRecordProcessor(processor);
    const logger = provider.getLogger('interop', '1.0');
    for (let n = 0; n < count; ++n) {
      const level = LEVELS[n % LEVELS.length];
      logger.emit({
        body: text(stream, n), severityNumber: NUMBERS[level], severityText: level.toUpperCase(),
        attributes: { number: n },
        context: trace.setSpanContext(ROOT_CONTEXT, {
          traceId: traceOf(n), spanId: spanOf(n), traceFlags: 1,
        }),
      });
      if (n % CHUNK === 0) await sleep(PAUSE_MS);
    }
    await provider.forceFlush();
    await provider.shutdown();
  }));
}

async function sendLoki(json) {
  const { default: winston } = await import('winston');
  const { default: LokiTransport } = await import('winston-loki');
  for (const stream of STREAMS) {
    const transport = new LokiTransport({
      host: url, json, labels: { service: stream }, batching: true, interval: 3600, replaceTimestamp: false,
      gracefulShutdown: false, format: winston.format.printf((info) => info.message),
    });
    if (transport.batcher.options.json !== json) throw new Error('snappy is missing: it would send JSON');
    transport.batcher.runLoop = false; // it would drop what is logged while a batch is under way
    const logger = winston.createLogger({ level: 'debug', transports: [transport] });
    for (let n = 0; n < count; ++n) {
      const withTrace = `${text(stream, n)} trace_id=${traceOf(n)}`;
      logger.log({ level: LEVELS[n % LEVELS.length], message: withTrace });
      if (n % CHUNK !== CHUNK - 1 && n + 1 !== count) continue;
      await sleep(PAUSE_MS);
      await untilDelivered(() => transport.batcher.sendBatchToLoki());
    }
  }
}

if (client === 'otlp-http') await sendOtlp('@opentelemetry/exporter-logs-otlp-http');
else if (client === 'otlp-proto') await sendOtlp('@opentelemetry/exporter-logs-otlp-proto');
else if (client === 'loki-json') await sendLoki(true);
else if (client === 'loki-proto') await sendLoki(false);
else throw new Error(`unknown client ${client}`);
console.log('delivered');
process.exit(0); // winston-loki's timers would keep it alive
