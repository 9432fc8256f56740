// Sends metrics with OpenTelemetry's real exporter, in rounds that metrics_test.py knows.
//
//   node send.mjs CLIENT URL TEMPORALITY
//
// CLIENT is http (JSON) or proto (protobuf), TEMPORALITY cumulative or delta. Round n of ROUNDS adds n to
// every sum and records n seconds.
import {
  AggregationTemporality, ExponentialHistogramAggregation, MeterProvider, PeriodicExportingMetricReader, View,
} from '@opentelemetry/sdk-metrics';
import { Resource } from '@opentelemetry/resources';
import { setTimeout as sleep } from 'node:timers/promises';

const [client, url, temporality] = process.argv.slice(2);
const ROUNDS = 5;
const { OTLPMetricExporter } = await import(`@opentelemetry/exporter-metrics-otlp-${client}`);
const exporter = new OTLPMetricExporter({
  url: `${url}/v1/metrics`,
  temporalityPreference: AggregationTemporality[temporality.toUpperCase()],
});
let failures = 0;
const counted = {
  export: (metrics, done) => exporter.export(metrics, (result) => {
    if (result.code !== 0) {
      ++failures;
      console.error(result.error);
    }
    done(result);
  }),
  selectAggregationTemporality: (kind) => exporter.selectAggregationTemporality(kind),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
};
const provider = new MeterProvider({
  resource: new Resource({
    'service.name': 'cart', 'service.namespace': 'shop', 'service.instance.id': `${client}-${temporality}`,
    'host.name': 'h1',
  }),
  views: [new View({ instrumentName: 'work.size', aggregation: new ExponentialHistogramAggregation() })],
  readers: [new PeriodicExportingMetricReader({ exporter: counted, exportIntervalMillis: 3_600_000 })],
});
const meter = provider.getMeter('interop', '1.0');
const requests = meter.createCounter('http.requests', { description: 'Requests.', unit: '{requests}' });
const queue = meter.createUpDownCounter('queue.length');
const duration = meter.createHistogram('http.server.duration', { unit: 's' });
const size = meter.createHistogram('work.size', { unit: 'By' });
let degrees = 0;
meter.createObservableGauge('room.temperature', { unit: 'Cel' }).addCallback((to) => to.observe(degrees));
for (let n = 1; n <= ROUNDS; ++n) {
  requests.add(n, { 'http.route': '/a' });
  queue.add(n);
  duration.record(n);
  size.record(2 ** n);
  degrees = n;
  await provider.forceFlush();
  await sleep(5); // the next round has a later time
}
process.exit(failures);
