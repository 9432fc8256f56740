// English of the views of SLOs; loaded with them.
import type { Slo, SloAnnotation, SloDetail, SloPair, SloPolicyStep, SloWindow } from "../api/client";
import { count, duration, percent, plain, target } from "../format";

const names = (list: string[]) => list.join(" + ");

export const sloEn = {
  slos: "SLOs",
  filters: "Filters",
  team: "Team",
  allTeams: "All teams",
  state: "State",
  allStates: "All states",
  search: "Name",
  searchHint: "SLO, service or team",
  shown: (shown: string, all: string) => `${shown} of ${all} SLOs`,
  none: "No SLO fits these filters.",
  empty: "No SLO yet. Write slo: 99.9% into a service's file, or import what you have: kizashi slo import.",
  report: "Review",
  reportOf: (team: string) => `Review of ${team}`,
  noOwner: "Without owner",
  states: {
    ok: "OK",
    burning: "Burning",
    paging: "Paging",
    exhausted: "Exhausted",
    no_data: "No data",
    new: "Not measured yet",
  },
  slo: "SLO",
  service: "Service",
  remaining: "Error budget left",
  anomalyBudget: "Anomaly budget left",
  burn: "Burn",
  history: "History",
  alerts: "Alerts",
  overWindow: "Remaining error budget over the window",
  burnOf: (factor: string, span: string) => `alerts above ${factor} over ${span}`,
  burnUnits: "times the rate that would just empty the budget",
  pageEnds: "page, ending",
  table: "Table",
  severities: { page: "page", ticket: "ticket" },
  badges: {
    unapproved: "unapproved",
    overdue: "review overdue",
    no_data: "no data",
    frozen: "alerts frozen",
    hold: "releases held",
  },
  anomaliesOpen: (count: number) => (count === 1 ? "1 open anomaly" : `${count} open anomalies`),
  targetOver: (share: number, window: SloWindow): string => `${target(share)} ${sloEn.window(window)}`,
  window: (window: SloWindow): string => {
    if (window.unit === "rolling") return `over ${duration(window.seconds)}`;
    return `each ${window.count === 1 ? window.unit : `${window.count} ${window.unit}s`} (${window.time_zone})`;
  },
  budget: "Budget",
  budgetCurve: "Remaining error budget",
  burnCurve: "Burn rate",
  slices: "Good and bad events",
  slicesHint: "Height is all events of a step, the hatched part failed, an empty step was not measured.",
  range: "Range",
  ranges: { 3600: "1 h", 21600: "6 h", 86400: "24 h", 604800: "7 d", 2592000: "30 d" } as Record<number, string>,
  noSlices: "Nothing was measured in this range.",
  time: "Time",
  good: "Good",
  bad: "Bad",
  total: "All",
  covered: "Measured",
  showTable: "Show as table",
  hideTable: "Hide table",
  facts: "Facts",
  firstMeasured: "Measured since",
  lastMeasured: "Last measured",
  never: "never",
  events: "Events in the window",
  goodOf: (good: string, all: string) => `${good} of ${all} good`,
  coverage: "Measured",
  coverageOf: (covered: string) => `${covered} of the time since it began`,
  filled: "Window filled",
  interval: "Exact to",
  indicator: "What is measured",
  selectors: { good: "Good", bad: "Bad", total: "All", histogram: "Histogram", gauges: "Values", promql: "Expression" },
  less: "less",
  budgeting: (detail: SloDetail): string => {
    const every = duration(detail.budgeting.every_seconds);
    switch (detail.budgeting.method) {
      case "timeslices":
        return `The budget counts slices of ${every}: one is good when ${percent(detail.budgeting.target, 3)} of its events are.`;
      case "ratio_timeslices":
        return `The budget is the mean of the good shares of slices of ${every}.`;
      default:
        return "The budget counts every event.";
    }
  },
  indicatorText: (detail: SloDetail): string => {
    const one = detail.indicator;
    const is = `${one.comparison} ${plain(one.bound, 6)}`;
    switch (one.kind) {
      case "events":
        return "Events, by counters or an expression.";
      case "latency":
        return `Requests answered within ${plain(one.bound, 6)} s.`;
      case "samples":
        return `Samples that are ${is}.`;
      case "time_slice":
        return `Slices in which the value is always ${is}.`;
      case "ratio":
        return one.promql_is_bad ? "The share of what failed, slice by slice." : "The share of what was good, slice by slice.";
      case "freshness":
        return `The data is at most ${duration(one.bound)} old.`;
      case "deadline":
        return `A run ended by ${sloEn.clock(one.by_seconds)} (${one.time_zone}), at most ${duration(one.within_seconds)} before.`;
      case "composite":
        return `The weighted mean of ${count(one.members.length)} SLOs.`;
      case "journey":
        return "Every step of the journey has to succeed.";
    }
  },
  clock: (seconds: number): string =>
    `${String(Math.floor(seconds / 3600)).padStart(2, "0")}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}`,
  members: "Members",
  weight: "Weight",
  dependency: (name: string) => `These are calls to ${name}, as seen from here.`,
  bounds: (low: string, high: string) =>
    `The bound lies between two buckets: what is counted as good is at most ${low}, the truth lies below ${high}.`,
  pairs: "When it alerts",
  pairTitle: (pair: SloPair): string =>
    `${pair.severity === "page" ? "Page" : "Ticket"}: faster than ${plain(pair.factor, 4)} over ${duration(pair.long_seconds)} and ${duration(pair.short_seconds)}`,
  pairSum: (pair: SloPair): string =>
    `At that rate ${percent(pair.spent_share)} of the budget is gone in ${duration(pair.long_seconds)}. Now it burns at ${plain(pair.long_burn, 3)} over ${duration(pair.long_seconds)} and at ${plain(pair.short_burn, 3)} over ${duration(pair.short_seconds)}.`,
  pairNeeded: (pair: SloPair): string =>
    `This ${pair.severity} needs at least ${count(pair.needed)} ${pair.needed === 1 ? "failure" : "failures"} at the traffic of now; there were ${count(pair.bad)}, in ${count(pair.bad_minutes)} ${pair.bad_minutes === 1 ? "minute" : "minutes"}.`,
  pairState: (pair: SloPair): string => {
    if (pair.firing) return "fires";
    if (!pair.known) return "frozen: too little was measured";
    if (pair.burning && !pair.evident) return "burns, but so few failures may be chance";
    return "quiet";
  },
  noPairs: "This SLO has no alerts.",
  contributors: "Who burns it",
  noContributors: "Nothing burns.",
  contributor: (share: string, all: string) => `${share} of the failures, ${all} of all events`,
  policy: "Policy",
  noPolicy: "No policy was agreed.",
  actions: { tell: "Tell", ticket: "Ticket", hold: "Hold releases" },
  condition: (step: SloPolicyStep): string =>
    step.over_seconds > 0
      ? `burn ${plain(step.burn, 4)} or more over ${duration(step.over_seconds)}`
      : `${percent(step.spent)} of the budget spent`,
  inForce: (since: string) => `in force since ${since}`,
  notInForce: "not in force",
  overridden: (author: string, until: string, reason: string) => `overridden by ${author} until ${until}: ${reason}`,
  agreement: "Agreement",
  owner: "Owner",
  approver: "Approver",
  approved: "Approved",
  review: "Next review",
  notYet: "not yet",
  agreements: { approved: "approved", unapproved: "unapproved", overdue: "review overdue" },
  exclusions: "Exclusions and adjustments",
  noExclusions: "None: the budget is what was measured.",
  bothValues: (left: string, unchanged: string) => `${left} left; ${unchanged} as if nothing were excluded or adjusted.`,
  what: "What",
  from: "From",
  to: "To",
  reason: "Reason",
  author: "By",
  excluded: "excluded",
  adjusted: (minutes: string) => `${minutes} given back`,
  repeats: (rule: string, zone: string) => `repeats: ${rule} (${zone})`,
  annotations: "What happened",
  noAnnotations: "Nothing in this window.",
  kinds: { alert: "Alert", anomaly: "Anomaly", release: "Release", edit: "Edit", exclusion: "Excluded", adjustment: "Adjusted" },
  codes: { burn: "burns the budget", no_data: "no data", policy: "policy" } as Record<string, string>,
  alertText: (one: SloAnnotation, condition: string): string => {
    const by = String(one.fields["burned_by"] ?? "");
    if (one.code === "policy") return `Policy: ${condition}. ${String(one.fields["text"] ?? "")}`;
    if (one.code === "no_data") return "Nothing was measured; alerts were frozen.";
    return `${one.severity === "page" ? "Page" : "Ticket"}${by ? `, burned by ${by}` : ""}`;
  },
  edited: (left: string) => `A new version of the SLO began; ${left} of the old one's budget was left.`,
  ongoing: "ongoing",
  until: "Until",
  period: "Period",
  periods: { week: "7 days", quarter: "3 months" },
  downloadHtml: "Download HTML",
  toBoard: "All SLOs",
  firingNames: (slo: Slo): string => names(slo.firing.map((one) => one.name)),
};
export type SloTexts = typeof sloEn;
