// Escalations by on-call: who was told of a group and why, and who is next. A server that has none,
// or says less of one, is no error.
import { ApiError, call } from "../api/client";

export interface Escalation {
  id: string;
  group: string;
  service: string;
  state: string;
  step: number;
  policy: string;
  nextAt: number | undefined;
  next: string[];
  told: { at: number | undefined; to: string; by: string; reason: string }[];
}

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const moment = (value: unknown) => (typeof value === "number" && value > 0 ? value : undefined);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function read(value: unknown): Escalation {
  const fields = fieldsOf(value);
  return {
    id: text(fields["id"]),
    group: text(fields["group_id"]),
    service: text(fields["service"]),
    state: text(fields["state"]),
    step: Number(fields["step"] ?? 0),
    policy: text(fields["policy"]),
    nextAt: moment(fields["next_at"]),
    next: list(fields["next"]).map(text),
    told: list(fields["told"]).map((one) => {
      const told = fieldsOf(one);
      return { at: moment(told["at"]), to: text(told["to"]), by: text(told["by"]), reason: text(told["reason"]) };
    }),
  };
}

let exists = true;

export async function openEscalations(): Promise<Escalation[]> {
  if (!exists) return [];
  try {
    const body = await call<unknown>("/escalations?state=open");
    return list(fieldsOf(body)["escalations"]).map(read);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    exists = false;
    return [];
  }
}
