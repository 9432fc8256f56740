// Asks the server about alerts, and tells it what people do about them. Silences and single alerts
// come by Alertmanager's API, which is served beside ours.
import { ApiError, authorized, call } from "../api/client";
import type { components } from "../api/types";
import { author } from "../parts/author";
import { filterOf, type Matcher } from "./matchers";

type Schemas = components["schemas"];
export type Group = Schemas["AlertGroup"];
export type GroupAlert = Group["alerts"][number];
export type Told = Schemas["AlertTold"];
export type Destination = Schemas["AlertQueues"]["queues"][number];
export type Action = "acknowledge" | "escalate" | "resolve";

export interface Silence {
  id: string;
  status: { state: "active" | "pending" | "expired" };
  comment: string;
  createdBy: string;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  matchers: Matcher[];
}
export interface ListedAlert {
  fingerprint: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  status: { state: string; silencedBy: string[]; inhibitedBy: string[] };
}

/** Its errors are a JSON text or an object. */
function messageOf(body: string, otherwise: string): string {
  try {
    const said = JSON.parse(body) as string | { message?: string; error?: string } | null;
    if (typeof said === "string") return said;
    return said?.message ?? said?.error ?? otherwise;
  } catch {
    return body || otherwise;
  }
}

async function v2<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await authorized(`/api/v2${path}`, init);
  const body = await response.text();
  if (!response.ok) throw new ApiError(response.status, messageOf(body, response.statusText));
  return (body === "" ? undefined : JSON.parse(body)) as T;
}

function listed(matchers: Matcher[], more: Record<string, string> = {}): Promise<ListedAlert[]> {
  const asked = new URLSearchParams(more);
  for (const matcher of matchers) asked.append("filter", filterOf(matcher));
  return v2<ListedAlert[]>(`/alerts?${asked}`);
}

export const alerts = {
  groups: () => call<{ groups: Group[] }>("/alerts/groups"),
  act: (group: string, action: Action, comment: string) =>
    call<unknown>(`/alerts/groups/${encodeURIComponent(group)}/${action}`, {
      method: "POST",
      body: JSON.stringify({ by: author.value || "page", comment }),
    }),
  told: (fingerprint: string) => call<Told>(`/alerts/${encodeURIComponent(fingerprint)}/told`),
  destinations: () => call<{ queues: Destination[] }>("/alerts/queues"),
  matching: (matchers: Matcher[]) => listed(matchers),
  silenced: () => listed([], { active: "false", inhibited: "false" }),
  silences: () => v2<Silence[]>("/silences"),
  silence: (silence: Pick<Silence, "comment" | "createdBy" | "startsAt" | "endsAt" | "matchers">) =>
    v2<{ silenceID: string }>("/silences", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(silence),
    }),
  expire: (id: string) => v2<undefined>(`/silence/${encodeURIComponent(id)}`, { method: "DELETE" }),
};
