// Asks the server about one anomaly, and tells it what was decided.
import type { AnomalyLedger, LedgerEditRequest } from "../api/client";
import { api, authorized, call } from "../api/client";

/** Tells a second try of one click from another click. */
function newId(): string {
  return `${Date.now()} ${Math.random()}`;
}

export const ledger = {
  of: (id: string) => call<AnomalyLedger>(`/anomalies/${encodeURIComponent(id)}/ledger`),
  edit: (edit: Omit<LedgerEditRequest, "via" | "id">) =>
    call<{ id: string }>("/ledger", { method: "POST", body: JSON.stringify({ ...edit, via: "page", id: newId() }) }),
};

/** [milliseconds, value] of the first series that the query gives. */
export type Points = [number, number][];

const pointsMax = 240;

export async function measured(query: string, fromMs: number, toMs: number): Promise<Points> {
  const step = Math.max(5, Math.ceil((toMs - fromMs) / 1000 / pointsMax));
  const asked = new URLSearchParams({
    query,
    start: String(Math.floor(fromMs / 1000)),
    end: String(Math.ceil(toMs / 1000)),
    step: String(step),
  });
  const response = await authorized(`/api/v1/query_range?${asked}`);
  const body = (await response.json()) as { data?: { result?: { values: [number, string][] }[] } };
  const values = body.data?.result?.[0]?.values ?? [];
  return values.map(([seconds, value]) => [seconds * 1000, Number(value)]);
}

/** A signal of a service from a moment on: what the server keeps, up to now. */
export async function signalPoints(service: string, signal: string, fromMs: number): Promise<Points> {
  const range = Math.ceil((Date.now() - fromMs) / 1000);
  const { signals } = await api.signals(service, Math.min(Math.max(range, 900), 604_800));
  const points = signals.find((series) => series.rule === signal)?.points ?? [];
  return points.flatMap(([time, value]): Points => (typeof time === "number" && typeof value === "number" ? [[time, value]] : []));
}
