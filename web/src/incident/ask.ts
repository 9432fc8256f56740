// Asks the server about incidents, and tells it what people do.
import { authorized, call } from "../api/client";
import type { components } from "../api/types";

type Schemas = components["schemas"];
export type Incident = Schemas["IncidentSummary"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type IncidentEdit = Omit<Schemas["IncidentEdit"], "via" | "id">;
export type IncidentReport = Schemas["IncidentReport"];
export type ReportError = Schemas["IncidentReportError"];
export type Action = Schemas["IncidentActions"]["actions"][number];

/** Tells a second try of one click from another click. */
function signed(edit: object): string {
  return JSON.stringify({ ...edit, via: "page", id: `${Date.now()} ${Math.random()}` });
}

/** What a report that was sent came to. */
export interface Sent {
  status: number;
  error: string;
  errors: ReportError[];
}

export const incidents = {
  list: (asked: { state: string; team: string }) =>
    call<{ incidents: Incident[] }>(
      `/incidents?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""))}`,
    ),
  one: (id: number, language: string) => call<IncidentDetail>(`/incidents/${id}?language=${language}`),
  actions: (team: string) =>
    call<{ actions: Action[] }>(`/incidents/actions${team ? `?team=${encodeURIComponent(team)}` : ""}`),
  open: (title: string, service: string) =>
    call<{ id: number }>("/incidents", { method: "POST", body: signed({ title, service: service || null }) }),
  edit: (id: number, edit: IncidentEdit) =>
    call<{ id: number }>(`/incidents/${id}/edits`, { method: "POST", body: signed(edit) }),
  report: (id: number) => call<IncidentReport>(`/incidents/${id}/report`),
  version: (id: number, version: number) => call<IncidentReport>(`/incidents/${id}/report/${version}`),
  /** Answers that refuse it are told, not thrown: they say what is wrong where. */
  save: async (id: number, text: string, base: number): Promise<Sent> => {
    const response = await authorized(`/kizashi/v1/incidents/${id}/report`, {
      method: "POST",
      body: signed({ text, base }),
    });
    const body = (await response.json().catch(() => ({}))) as Partial<Sent>;
    return { status: response.status, error: body.error ?? response.statusText, errors: body.errors ?? [] };
  },
};
