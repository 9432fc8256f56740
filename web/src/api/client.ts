// Asks the server. Types come from openapi.yaml.
import { signal } from "@preact/signals";
import type { components } from "./types";

type Schemas = components["schemas"];
export type Board = Schemas["Board"];
export type ServiceSummary = Schemas["ServiceSummary"];
export type ServiceDetail = Schemas["ServiceDetail"];
export type SignalPoints = Schemas["SignalPoints"];
export type Anomaly = Schemas["Anomaly"];
export type AnomalyBudget = Schemas["AnomalyBudget"];
export type AnomalyLedger = Schemas["AnomalyLedger"];
export type LedgerEdit = Schemas["LedgerEdit"];
export type LedgerEditRequest = Schemas["LedgerEditRequest"];
export type DeliveredReport = Schemas["DeliveredReports"]["reports"][number];
export type Alert = Schemas["Alert"];
export type Budget = Schemas["Budget"];
export type ServiceSlo = Schemas["SloState"];
export type SloList = Schemas["SloList"];
/** An SLO as the board shows it. */
export type Slo = Schemas["SloSummary"];
export type SloDetail = Schemas["SloDetail"];
export type SloPair = Schemas["SloPair"];
export type SloPolicyStep = Schemas["SloPolicyStep"];
export type SloWindow = Schemas["SloWindow"];
export type SloAnnotation = Schemas["SloAnnotation"];
export type SloSlices = Schemas["SloSlices"];
export type SloReport = Schemas["SloReport"];
export type Together = Schemas["Together"];
export type PriceTold = Schemas["PriceTold"];
export type Price = Schemas["Price"];
export type Report = Schemas["Report"];
export type Demo = Schemas["Demo"];
export type Fault = Schemas["Fault"];
export type Fields = Schemas["Fields"];
export type CatalogState = Schemas["CatalogState"];
export type State = Schemas["ServiceState"];
export type LogPattern = Schemas["LogPattern"];
export type LogPatternList = Schemas["LogPatternList"];
export type LogPatternDetail = Schemas["LogPatternDetail"];
export type LogDiff = Schemas["LogDiff"];
export type LogDiffItem = Schemas["LogDiffItem"];
export type LogLine = Schemas["LogLine"];
export type LogSearchEnd = Schemas["LogSearchEnd"];
export type LogTail = Schemas["LogTail"];
export type LogSeverity = Schemas["LogSeverity"];
export type LogBadge = Schemas["LogBadge"];
export type LogCounts = Schemas["LogCounts"];
export type SeriesUse = Schemas["SeriesUse"];
export type SeriesUses = Schemas["SeriesUses"];

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const tokenKey = "kizashi-token";
/** The server wants a token and has none that it takes. */
export const needsToken = signal(false);

export function setToken(token: string): void {
  sessionStorage.setItem(tokenKey, token);
  needsToken.value = false;
}

/** What the server answers at `path`, asked with the token that was given. */
export async function authorized(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(tokenKey);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) needsToken.value = true;
  return response;
}

/** An answer whose status is good; throws ApiError otherwise. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await authorized(`/kizashi/v1${path}`, init);
  if (!response.ok) {
    const body = (await response.json().catch(() => ({}))) as { error?: string };
    throw new ApiError(response.status, body.error ?? response.statusText);
  }
  return response;
}

export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await ask(path, init)).json()) as T;
}

export const api = {
  board: () => call<Board>("/board"),
  service: (name: string) => call<ServiceDetail>(`/services/${encodeURIComponent(name)}`),
  signals: (name: string, range: number) =>
    call<SignalPoints>(`/services/${encodeURIComponent(name)}/signals?range=${range}`),
  anomalies: (asked: { state: string; team: string; service: string }) =>
    call<{ anomalies: Anomaly[] }>(
      `/anomalies?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""))}`,
    ),
  anomaly: (id: string) => call<Anomaly>(`/anomalies/${encodeURIComponent(id)}`),
  together: (service: string) => call<Together>(`/together/${encodeURIComponent(service)}`),
  report: (team: string, language: string, hours: number) =>
    call<Report>(
      `/reports/daily?language=${language}&hours=${hours}${team ? `&team=${encodeURIComponent(team)}` : ""}`,
    ),
  delivered: (team: string) =>
    call<{ reports: DeliveredReport[] }>(`/reports/delivered?team=${encodeURIComponent(team)}`),
  demo: () => call<Demo>("/demo"),
  fault: (fault: Fault, server: string, seconds: number) =>
    call<Demo>("/demo/faults", {
      method: "POST",
      body: JSON.stringify({ fault, seconds, ...(server ? { server } : {}) }),
    }),
  clearFaults: () => call<Demo>("/demo/faults", { method: "DELETE" }),
};
