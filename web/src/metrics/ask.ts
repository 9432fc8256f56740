// Asks Prometheus' API of the server, and reads its answers.
import { ApiError, authorized, call, type SeriesUses } from "../api/client";

export interface Series {
  metric: Record<string, string>;
  /** [seconds, value as text] */
  points: [number, string][];
}
export interface Result {
  type: "matrix" | "vector" | "scalar" | "string";
  series: Series[];
  tookMs: number;
}
export interface Target {
  labels: Record<string, string>;
  scrapeUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: string;
}
export interface NamedCount {
  name: string;
  value: number;
}
export interface Cardinality {
  headStats: { numSeries: number };
  seriesCountByMetricName: NamedCount[];
  labelValueCountByLabelName: NamedCount[];
  seriesCountByLabelValuePair: NamedCount[];
}

type RawSeries = { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] };
type RawMany = { resultType: "matrix" | "vector"; result: RawSeries[] };
type RawOne = { resultType: "scalar" | "string"; result: [number, string] };
type RawResult = RawMany | RawOne;

async function data<T>(place: string, asked: Record<string, string>, signal?: AbortSignal): Promise<T> {
  const response = await authorized(`/api/v1/${place}?${new URLSearchParams(asked)}`, signal ? { signal } : {});
  const body = (await response.json().catch(() => ({}))) as { data?: T; error?: string };
  if (!response.ok || body.data === undefined) throw new ApiError(response.status, body.error ?? response.statusText);
  return body.data;
}

const isOne = (raw: RawResult): raw is RawOne => raw.resultType === "scalar" || raw.resultType === "string";

function read(raw: RawResult, tookMs: number): Result {
  if (isOne(raw)) return { type: raw.resultType, series: [{ metric: {}, points: [raw.result] }], tookMs };
  const series = raw.result.map(({ metric, value, values }) => ({ metric, points: values ?? (value ? [value] : []) }));
  return { type: raw.resultType, series, tookMs };
}

async function timed(place: string, asked: Record<string, string>, signal: AbortSignal): Promise<Result> {
  const begin = performance.now();
  const raw = await data<RawResult>(place, asked, signal);
  return read(raw, performance.now() - begin);
}

export const metrics = {
  instant: (query: string, at: number, signal: AbortSignal) => timed("query", { query, time: String(at) }, signal),
  range: (query: string, start: number, end: number, step: number, signal: AbortSignal) =>
    timed("query_range", { query, start: String(start), end: String(end), step: String(step) }, signal),
  names: () => data<string[]>("label/__name__/values", {}),
  labels: (metric: string) => data<string[]>("labels", metric ? { "match[]": metric } : {}),
  values: (label: string, metric: string) =>
    data<string[]>(`label/${encodeURIComponent(label)}/values`, metric ? { "match[]": metric } : {}),
  targets: (signal: AbortSignal) => data<{ activeTargets: Target[] }>("targets", { state: "active" }, signal),
  owners: (signal: AbortSignal) => call<SeriesUses>("/series?top=1", { signal }),
  cardinality: (signal: AbortSignal) => data<Cardinality>("status/tsdb", {}, signal),
};

/** `up{job="a"}`, as PromQL writes a series. */
export function seriesName(metric: Record<string, string>): string {
  const labels = Object.entries(metric)
    .filter(([name]) => name !== "__name__")
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const name = metric["__name__"] ?? "";
  return labels.length > 0 || !name ? `${name}{${labels.join(", ")}}` : name;
}

/** Where a message such as `1:5: parse error: ...` points in the query; nothing when it does not. */
export function errorPlace(message: string): { line: string; column: string } | undefined {
  const [, line, column] = /\b(\d+):(\d+): parse error/.exec(message) ?? [];
  return line && column ? { line, column } : undefined;
}
