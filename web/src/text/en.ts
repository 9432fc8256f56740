// English. Its shape is the list of texts: a language that misses one does not compile.
import { count, minutes, percent, plain, signalValue } from "../format";
import type { Fields } from "../api/client";

const f = (fields: Fields, name: string) => String(fields[name] ?? "");
const n = (fields: Fields, name: string) => Number(fields[name] ?? 0);
const c = (fields: Fields, name: string) => count(n(fields, name));
const pattern = (fields: Fields) =>
  f(fields, "pattern_name") ? `${f(fields, "pattern_name")} (${f(fields, "pattern")})` : f(fields, "pattern");
const range = (fields: Fields) =>
  c(fields, "low") === c(fields, "high") ? c(fields, "low") : `${c(fields, "low")} to ${c(fields, "high")}`;
const signalName = (id: string): string => en.signals[id] ?? id;
const moved = (others: string) => others.replace(/[a-z0-9_]+(?= (?:up|down))/g, signalName);
const signalBand = (fields: Fields) => {
  const value = (name: string) => signalValue(n(fields, name), f(fields, "unit"));
  const member = f(fields, "member")
    ? ` ${f(fields, "by")} ${f(fields, "member")} is at ${value("member_value")}, the others at ${value("siblings_low")} to ${value("siblings_high")}.`
    : "";
  return `${signalName(f(fields, "signal"))} is ${value("value")}; ${value("band_low")} to ${value("band_high")} was expected.${member}`;
};

export const en = {
  title: "Kizashi",
  skip: "Skip to content",
  nav: { board: "Board", slos: "SLOs", alerts: "Alerts", anomalies: "Anomalies", incidents: "Incidents", oncall: "On call", logs: "Logs", metrics: "Metrics", report: "Report", demo: "Demo", label: "Main" },
  live: "live",
  reconnecting: "reconnecting",
  language: "Language",
  theme: "Theme",
  themes: { auto: "Auto", light: "Light", dark: "Dark" },
  loading: "Loading",
  failed: "This could not be loaded:",
  lost: "There is no such page.",
  toBoard: "To the board",
  help: "Keys",
  close: "Close",
  shortcuts: [
    ["g b", "Board"],
    ["g s", "SLOs"],
    ["g p", "Alerts"],
    ["g a", "Anomalies"],
    ["g i", "Incidents"],
    ["g o", "On call"],
    ["g l", "Logs"],
    ["g m", "Metrics"],
    ["g r", "Report"],
    ["j / k", "Next / previous"],
    ["Enter", "Open"],
    ["Esc", "Back, or close this"],
    ["?", "These keys"],
  ] as [string, string][],
  signIn: { title: "A token is needed", token: "Token", send: "Sign in", hint: "The administrator of this server has it." },
  states: { ok: "OK", anomaly: "Anomaly", failure: "Failure", unknown: "No data" },
  summary: { failures: "failing", anomalies: "open anomalies", services: "services" },
  noOwner: "Without owner",
  state: "State",
  openNow: "Open now",
  break: "Break",
  members: "Members",
  goodOf: (good: string, total: string) => `${good} of ${total} good`,
  covered: (share: string) => `${share} of the window measured`,
  anomalyBudgetHint: "The share of the error budget that anomalies may put at risk before they are worked on.",
  service: "Service",
  objective: "Objective",
  over: (span: string) => `over ${span}`,
  errorBudget: "Error budget",
  anomalyBudget: "Anomaly budget",
  left: (share: string) => `${share} left`,
  spentOf: (spent: string, all: string) => `${spent} of ${all} spent`,
  openAnomalies: (count: number) => (count === 1 ? "1 open anomaly" : `${count} open anomalies`),
  openPages: (count: number) => (count === 1 ? "1 page" : `${count} pages`),
  noSlo: "No objective yet",
  noServices: "No services yet",
  noServicesHint: "Write one file per service and start the server with --catalog DIR:",
  unclaimed: "Telemetry that nobody claims",
  unclaimedHint: "Add a service of this name to the catalog, or a match to an existing one.",
  calls: "Calls itself",
  series: "Series",
  samples: "Samples/s",
  lines: "Log lines/s",
  catalogErrors: "The newest catalog has errors; the last good one stays in force",
  errorAt: "At",
  field: "Field",
  found: "Found",
  expected: "Expected",
  owner: "Owner",
  developers: "Developers",
  tier: "Tier",
  dependsOn: "Depends on",
  redundancy: "Redundancy",
  needed: (need: number, of: number, by: string) => `${need} of ${of} needed, by ${by}`,
  memberUp: "up",
  memberDown: "down",
  since: (time: string) => `since ${time}`,
  burnRates: "Burn rates",
  severity: "Severity",
  severities: { page: "Page", ticket: "Ticket" },
  windows: "Windows",
  factor: "Threshold",
  longBurn: "Long window",
  shortBurn: "Short window",
  burning: "Burning",
  yes: "yes",
  no: "no",
  work: "Work",
  workHint: "What the service does for its users",
  resource: "Resource",
  resourceHint: "What it does it with",
  noSignals: "No signals yet. They appear within a minute of the first scrape.",
  range: "Range",
  ranges: { 900: "15 min", 3600: "1 h", 21600: "6 h", 86400: "24 h" } as Record<number, string>,
  classes: {
    throughput: "Throughput",
    success: "Success",
    error: "Errors",
    performance: "Performance",
    utilization: "Utilization",
    saturation: "Saturation",
    errors: "Errors",
    availability: "Availability",
  },
  signals: {
    http_requests: "HTTP requests",
    http_success: "HTTP success",
    http_errors: "HTTP errors",
    http_latency_p99: "HTTP latency, p99",
    grpc_requests: "gRPC requests",
    grpc_success: "gRPC success",
    grpc_errors: "gRPC errors",
    grpc_latency_p99: "gRPC latency, p99",
    log_lines: "Log lines taken in",
    scraped_samples: "Samples scraped",
    commit_latency_p99: "Commit latency, p99",
    process_cpu: "CPU (1 = one core)",
    process_memory: "Memory",
    process_fds: "File descriptors in use",
    targets_up: "Targets up",
    node_cpu: "Host CPU",
    node_memory: "Host memory",
    node_filesystem: "File systems",
    node_disk_busy: "Disk busy",
    node_network_receive: "Network in",
    node_network_transmit: "Network out",
    node_load: "Load (1 min)",
    node_pressure_cpu: "CPU pressure",
    node_pressure_memory: "Memory pressure",
    node_pressure_io: "I/O pressure",
    node_network_errors: "Network errors and drops",
    node_oom_kills: "Out-of-memory kills",
    node_filesystem_errors: "File systems unreadable",
    store_queue: "Commit queue",
    store_refused: "Batches refused",
  } as Record<string, string>,
  showTable: "Show as table",
  hideTable: "Hide table",
  time: "Time",
  value: "Value",
  chartHint: "Left and right arrow keys move the cursor",
  noPoints: "No values in this range",
  alerts: "Pages and tickets",
  alertCodes: { no_data: "no data: alerts are frozen", policy: "a step of the policy" } as Record<string, string>,
  noAlerts: "None in memory.",
  firing: "firing",
  resolved: "resolved",
  budgetSpent: "Budget spent",
  messages: "Messages",
  delivery: {
    waiting: "waiting",
    delivered: "delivered",
    given_up: "given up",
  },
  anomalies: "Anomalies",
  noAnomalies: "No anomalies here. That is the normal state.",
  filter: "Show",
  filters: { all: "All", open: "Open", ended: "Ended", acknowledged: "Acknowledged", expected: "Expected", fixed: "Fixed", came_back: "Came back" },
  anomalyStates: { open: "open", ended: "ended", acknowledged: "acknowledged", expected: "expected", fixed: "fixed", came_back: "came back" },
  allServices: "All services",
  stepsInForce: "Steps in force",
  steps: { tell: "Talk about it", ticket: "Ticket", hold: "Releases held" },
  stepSpent: (share: string) => `${share} spent`,
  stepBurn: (burn: string, over: string) => `burn ${burn} over ${over}`,
  stepOverridden: (reason: string) => `overridden: ${reason}`,
  brokenWindows: "Broken windows",
  brokenWindowsHint: "Budgets of anomalies that came to a step of their policy, and what spent them: work for the next cycle.",
  anomalyBudgetBurn: (burn: string) => `burns ${burn} times its rate`,
  delivered: "Delivered reports",
  deliveredTo: "Delivered to",
  sortBy: "Sort by",
  byPrice: "Price",
  byTime: "Time",
  what: "What",
  price: "Price",
  began: "Began",
  ended: "Ended",
  lasted: "Lasted",
  stillOpen: "still open",
  why: "Why this is an anomaly",
  evidence: "Evidence",
  priceTitle: "Price",
  priceHint: "Error-budget minutes put at risk, with the interval that holds the truth nine times in ten.",
  interval: (low: string, high: string) => `${low} to ${high}`,
  restsOn: "What the price rests on",
  kind: "Kind",
  anomalyText: (code: string, fields: Fields): string => {
    switch (code) {
      case "member_down":
        return `Server ${f(fields, "member")} went away: ${f(fields, "up")} of ${f(fields, "of")} are up, ${f(fields, "need")} are needed.`;
      case "pattern_new":
        return `A log line of a kind never seen before: ${pattern(fields)}`;
      case "patterns_new_many":
        return `${f(fields, "count")} more new log patterns within the hour, counted together.`;
      case "pattern_up":
        return `More often than usual: ${c(fields, "observed")} lines a minute, ${range(fields)} expected: ${pattern(fields)}`;
      case "pattern_down":
        return `Less often than usual: ${c(fields, "observed")} lines a minute, ${range(fields)} expected: ${pattern(fields)}`;
      case "pattern_gone":
        return n(fields, "silent_minutes") > 0
          ? `Gone for ${c(fields, "silent_minutes")} minutes, in which ${c(fields, "expected")} lines were expected: ${pattern(fields)}`
          : `No line in a minute, ${c(fields, "expected")} expected: ${pattern(fields)}`;
      case "parameter_value":
        return `A value that was never there: ${f(fields, "value")}, until now only ${f(fields, "known")}: ${pattern(fields)}`;
      case "parameter_range":
        return `A number out of its range: ${f(fields, "value")}, until now ${f(fields, "low")} to ${f(fields, "high")}: ${pattern(fields)}`;
      case "release_changed":
        return `Release ${f(fields, "version")} changed the log: patterns new ${c(fields, "new")}, gone ${c(fields, "gone")}, more often ${c(fields, "up")}, less often ${c(fields, "down")}.`;
      case "signals_moved":
      case "traffic_up":
      case "traffic_down":
        return `${signalBand(fields)}${f(fields, "others") ? ` Moved with it: ${moved(f(fields, "others"))}.` : ""}`;
      case "growth_limit":
        return `${signalName(f(fields, "signal"))} is at ${percent(n(fields, "value"))} and will be full around ${f(fields, "reaches").slice(0, 10)}, not before ${f(fields, "earliest").slice(0, 10)}.`;
      case "foreign_alert":
        return `${f(fields, "alert_source")} says: ${f(fields, "alert")}${f(fields, "text") ? `: ${f(fields, "text")}` : ""}`;
      default:
        return code;
    }
  },
  anomalyTitle: (code: string, fields: Fields): string => {
    switch (code) {
      case "member_down":
        return `Member ${f(fields, "member")} down`;
      case "pattern_new":
        return "New log pattern";
      case "patterns_new_many":
        return "Many new log patterns";
      case "pattern_up":
        return "Log pattern more often";
      case "pattern_down":
        return "Log pattern less often";
      case "pattern_gone":
        return "Log pattern gone";
      case "parameter_value":
        return "New value of a log parameter";
      case "parameter_range":
        return "Log parameter out of its range";
      case "release_changed":
        return `Release ${f(fields, "version")} changed the log`;
      case "signals_moved":
        return `${signalName(f(fields, "signal"))} unusually ${f(fields, "direction") === "down" ? "low" : "high"}`;
      case "traffic_up":
        return "Traffic unusually high";
      case "traffic_down":
        return "Traffic unusually low";
      case "growth_limit":
        return `${signalName(f(fields, "signal"))} fills up`;
      case "foreign_alert":
        return f(fields, "alert");
      default:
        return code;
    }
  },
  evidenceText: (code: string, fields: Fields): string => {
    switch (code) {
      case "sample":
        return `The scrape failed: ${f(fields, "metric")} = ${f(fields, "value")}.`;
      case "threshold":
        return `${f(fields, "failed_scrapes")} failed scrapes in a row: the member counts as down.`;
      case "learnt":
        return `After ${plain(n(fields, "lines"), 6)} lines the chance of a new pattern was ${percent(n(fields, "unseen_share"), 2)}: the log counts as known.`;
      case "line":
        return f(fields, "text");
      case "surprise":
        return `Counts like these are a surprise of ${plain(n(fields, "nats"), 3)} nats; from ${plain(n(fields, "alarm_nats"), 3)} on it is an anomaly.`;
      case "signal":
        return `${signalBand(fields)} As unusual as once in ${plain(n(fields, "weeks"), 2)} weeks.`;
      case "part":
        return `With it, in ${f(fields, "service")}: ${signalBand(fields)}`;
      case "origin":
        return `It may have begun in ${f(fields, "service")} (${percent(n(fields, "probability"))}): ${f(fields, "why")}.`;
      case "alert":
        return Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(" ");
      case "companion":
        return `A pattern of ${f(fields, "service")} that used to come with it came ${c(fields, "lines")} times meanwhile.`;
      default:
        return code;
    }
  },
  basis: (basis: string, fields: Fields): string[] => {
    if (basis === "prior_redundancy") {
      if (n(fields, "failed") === 1) {
        return [
          "Fewer members are left than are needed: this is a failure, paid from the error budget. The anomaly itself costs nothing more.",
        ];
      }
      return [
        `${f(fields, "down")} of ${f(fields, "of")} members are away and ${f(fields, "need")} are needed.`,
        `Prior: each other member goes away before this one is back with a chance of ${percent(n(fields, "member_loss_mean"))}.`,
        `So the chance that fewer than ${f(fields, "need")} are left rose by ${percent(n(fields, "failure_chance_rise"), 3)}.`,
        `A failure is taken to burn ${minutes(n(fields, "failure_minutes"))}. There is no history yet to learn from.`,
      ];
    }
    if (basis === "together") {
      return [
        `${f(fields, "down")} of ${f(fields, "of")} members are away and ${f(fields, "need")} are needed.`,
        `By the group's own history the chance that too few are left within a day rose by ${percent(n(fields, "failure_chance_rise"), 3)} to ${percent(n(fields, "chance"), 3)}.`,
        `A failure burns ${minutes(n(fields, "failure_minutes"))} on the average.`,
      ];
    }
    if (basis === "evidence" || basis === "evidence_pooled") {
      return [
        `${plain(n(fields, "episodes"), 3)} episodes of this kind are over; ${plain(n(fields, "followed"), 3)} were followed by a failure within an hour, ${plain(n(fields, "expected"), 3)} were to be expected anyway.`,
        basis === "evidence"
          ? `${plain(n(fields, "credited"), 3)} failures are credited to it, after sharing with what else was there.`
          : "Too few to say: it is priced as kinds like it are.",
        `An episode raises the chance of a failure by ${percent(n(fields, "failure_chance_mean"), 3)}; such a failure burns ${minutes(n(fields, "failure_minutes"))} on the average.`,
      ];
    }
    const what = basis === "prior_signals" ? "unusual signals" : basis === "prior_alert" ? "alerts of other programs" : "new log patterns";
    return [
      `Prior: ${percent(n(fields, "failure_chance_mean"))} of ${what} come before a failure.`,
      `A failure is taken to burn ${minutes(n(fields, "failure_minutes"))}. There is no history yet to learn from.`,
    ];
  },
  details: {
    pattern_name: "Name of the pattern",
    pattern: "Pattern",
    example: "Example",
    count: "Lines",
    level: "Level",
    first_seen_on: "First seen on",
    known_in: "Known in",
    last_seen: "Last seen",
  } as Record<string, string>,
  report: "Daily report",
  team: "Team",
  allTeams: "All teams",
  period: "Period",
  periods: { 24: "24 hours", 168: "7 days", 744: "31 days" } as Record<number, string>,
  copy: "Copy Markdown",
  copied: "Copied",
  download: "Download",
  demo: "Demo: the five-server shop",
  demoHint: "One server down is an anomaly. Three down are a failure. Try it.",
  demoGone: "The demo does not run. Start it with: kizashi demo",
  server: "Server",
  faults: {
    down: "Kill",
    slow: "Slow",
    errors: "Errors",
    cpu: "Burn CPU",
    new_line: "New log line",
    log_flood: "Log flood",
    traffic: "Traffic ×3",
  },
  faultFor: (fault: string, server: string) => `${fault}: server ${server}`,
  forSpan: "For",
  restore: "Restore everything",
  runningFaults: "Running now",
  until: (time: string) => `until ${time}`,
  none: "none",
  wholeShop: "whole shop",
};

export type Texts = typeof en;
