// Asks the server about SLOs.
import type { SloDetail, SloList, SloReport, SloSlices } from "../api/client";
import { call } from "../api/client";

const place = (service: string, slo: string) => `/slos/${encodeURIComponent(service)}/${encodeURIComponent(slo)}`;

function asked(values: Record<string, string>): string {
  const kept = Object.entries(values).filter(([, value]) => value !== "");
  return kept.length > 0 ? `?${new URLSearchParams(kept)}` : "";
}

export const slos = {
  list: (team: string, state: string) => call<SloList>(`/slos${asked({ team, state })}`),
  detail: (service: string, slo: string) => call<SloDetail>(place(service, slo)),
  slices: (service: string, slo: string, seconds: number) =>
    call<SloSlices>(`${place(service, slo)}/slices${asked({ start: String(Date.now() - seconds * 1000) })}`),
  report: (team: string, period: string, language: string) =>
    call<SloReport>(`/slos/report${asked({ team, period, language })}`),
};
