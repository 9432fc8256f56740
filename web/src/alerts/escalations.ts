// Escalations by on-call: who was told of a group and why, and who is next.
import { ApiError, call } from "../api/client";
import type { components } from "../api/types";

export type Escalation = components["schemas"]["Escalation"];

/** A server without on-call has none. */
export async function escalations(): Promise<Escalation[]> {
  try {
    return (await call<components["schemas"]["Escalations"]>("/escalations")).escalations;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}
