// Sends traces with OpenTelemetry's real exporter, as traces_test.py knows them.
//
//   node send.mjs CLIENT URL ROUNDS
//
// CLIENT is http (JSON) or proto (protobuf). In each round shop-CLIENT takes a request and calls
// cart-CLIENT, which calls a database; in every second round the cart fails.
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const [client, url, rounds] = process.argv.slice(2);
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${client}`);
let failures = 0;
const providers = [];
function tracerOf(service) {
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` });
  const counted = {
    export: (spans, done) => exporter.export(spans, (result) => {
      if (result.code !== 0) {
        ++failures;
        console.error(result.error);
      }
      done(result);
    }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  const provider = new BasicTracerProvider({
    resource: new Resource({ 'service.name': `${service}-${client}` }),
    spanProcessors: [new SimpleSpanProcessor(counted)],
  });
  providers.push(provider);
  return provider.getTracer('interop');
}
const shop = tracerOf('shop');
const cart = tracerOf('cart');
const below = (span) => trace.setSpan(context.active(), span);
for (let n = 1; n <= Number(rounds); ++n) {
  const at = Date.now();
  const request = shop.startSpan('GET /', { kind: SpanKind.SERVER, startTime: at });
  const call = shop.startSpan('add', { kind: SpanKind.CLIENT, startTime: at + 10 }, below(request));
  const add = cart.startSpan('POST /add', { kind: SpanKind.SERVER, startTime: at + 20 }, below(call));
  const sql = cart.startSpan('INSERT', {
    kind: SpanKind.CLIENT, startTime: at + 30, attributes: { 'db.system': 'mysql' },
  }, below(add));
  sql.end(at + 50);
  if (n % 2 === 0) add.setStatus({ code: SpanStatusCode.ERROR });
  add.end(at + 80);
  call.end(at + 90);
  request.end(at + 100);
}
for (const provider of providers) await provider.forceFlush();
process.exit(failures);
