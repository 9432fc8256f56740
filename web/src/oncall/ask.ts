// Asks the server about on-call, and tells it what people change.
import { call } from "../api/client";
import type { components } from "../api/types";
import { author } from "../parts/author";

type Schemas = components["schemas"];
export type Now = Schemas["OnCallNow"];
export type Duty = Now["schedules"][number];
export type Span = Schemas["OnCallSpan"];
export type Preview = Schemas["OnCallPreview"]["schedules"][number];
export type Finding = Schemas["OnCallFindings"]["findings"][number];
export type Plan = Schemas["OnCallPlan"];
export type Person = Plan["people"][number];
export type Policy = Schemas["OnCallPolicy"];
export type Step = Policy["steps"][number];
export type Target = Schemas["OnCallTarget"];
export type Change = Plan["changes"][number];
export type Edit = Schemas["OnCallEdit"];
export type EditRequest = Omit<Schemas["OnCallEditRequest"], "via">;

export const oncall = {
  now: () => call<Now>("/oncall"),
  plan: () => call<Plan>("/oncall/plan"),
  findings: () => call<{ findings: Finding[] }>("/oncall/findings"),
  preview: (schedule: string) =>
    call<Schemas["OnCallPreview"]>(`/oncall/preview?layers=true&schedule=${encodeURIComponent(schedule)}`),
  edits: () => call<{ edits: Edit[] }>("/oncall/edits"),
  add: (edit: EditRequest) => call<Edit>("/oncall/edits", { method: "POST", body: JSON.stringify({ ...edit, via: "page" }) }),
  takeBack: (id: number) => call<Edit>(`/oncall/edits/${id}`, { method: "DELETE" }),
};

/** The address of a calendar feed. */
export function feed(of: "schedule" | "person", name: string): string {
  return `/kizashi/v1/oncall/calendar?${of}=${encodeURIComponent(name)}`;
}

export type Call = Schemas["TelCall"];

export const phone = {
  ring: (name: string, reason: string) =>
    call<Schemas["TelBegun"]>("/tel", { method: "POST", body: JSON.stringify({ name, reason, by: author.value || "page" }) }),
  call: (id: string) => call<Call>(`/tel/${encodeURIComponent(id)}`),
};
