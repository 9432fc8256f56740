// English of one anomaly and its ledger; loaded with them.
import type { LedgerEdit } from "../api/client";

export const anomalyEn = {
  decide: "What to do about it",
  acknowledge: "Acknowledge",
  acknowledged: (actor: string, time: string) => `Acknowledged by ${actor}, ${time}`,
  expect: "Mark as expected",
  expectTitle: "Expected until, because",
  until: "Until the end of",
  because: "Because",
  fixed: "Fixed by …",
  fixedTitle: "What fixed it",
  fixedBy: "Change, ticket or person",
  unexpect: "No longer expected",
  reopen: "Not fixed after all",
  save: "Save",
  cancel: "Cancel",
  saved: "Saved.",
  notSaved: "Not saved:",
  expectHint: "Until then it spends nothing and is not ranked. It stays visible here.",
  fixedHint: "If it comes after this, it is said to have come back.",
  expectedUntil: (until: string, why: string) => `Expected until ${until}: ${why}`,
  fixedAt: (what: string, time: string) => `Fixed by ${what}, ${time}`,
  cameBack: {
    fixed: (time: string) => `It came back after it was marked fixed; last seen ${time}`,
    absent: (time: string) => `It came back; last seen ${time}`,
  },
  ledger: "Ledger",
  edits: "Every decision",
  noEdits: "Nobody decided anything about this kind yet.",
  when: "When",
  who: "Who",
  decision: "Decision",
  before: "Before",
  after: "After",
  actors: { page: "page", cli: "command line", api: "API" } as Record<string, string>,
  edit: (edit: LedgerEdit, until: string): string => {
    switch (edit.what) {
      case "acknowledge":
        return "acknowledged";
      case "expect":
        return `expected until ${until}: ${edit.reason}`;
      case "unexpect":
        return "no longer expected";
      case "fixed":
        return `fixed by ${edit.reason}`;
      case "reopen":
        return "not fixed after all";
    }
  },
  fields: {
    acknowledged_by: "acknowledged by",
    expected_until: "expected until",
    expected_because: "because",
    fixed: "fixed",
    fixed_by: "by",
  } as Record<string, string>,
  nothing: "nothing",
  similar: "Last of its kind",
  noSimilar: "The first of its kind.",
  links: "Where to look",
  linkNames: {
    series: "Series",
    pattern: "Log pattern",
    lines: "Log lines of that time",
    release: "Before and after the release",
    failure: "SLO that failed meanwhile",
    service: "Service",
    price: "Derivation of the price (JSON)",
  },
  told: "Prices told",
  again: (minutes: string) => `computed again: ${minutes}`,
  priorTold: "a stated prior",
  derivation: "How the price is derived",
  derivationHint: "What the price was computed from. The link below has every step.",
  spends: (minutes: string) => `It spends ${minutes} of the anomaly budget.`,
  spendsNothing: "It spends nothing: its kind is expected.",
  band: "What left its band",
  bandHint: "The shaded band is what was expected; the line is what was measured.",
  noBand: "Nothing was measured in this range.",
  inBand: (low: string, high: string) => `expected ${low} to ${high}`,
  value: "Value",
  time: "Time",
  low: "Lower end",
  high: "Upper end",
  showTable: "Show as table",
  hideTable: "Hide table",
  evidence: {
    band: (what: string, value: string, low: string, high: string) =>
      `${what ? `${what}: ` : ""}${value}, expected ${low} to ${high}`,
  },
};
export type AnomalyTexts = typeof anomalyEn;
