// The page's addresses. A link is an ordinary <a>; clicks inside the page are taken here.
import { batch, signal } from "@preact/signals";

export type Route =
  | { view: "board" }
  | { view: "service"; name: string }
  | { view: "anomalies" }
  | { view: "anomaly"; id: string }
  | { view: "incidents"; id: number }
  | { view: "alerts"; part: AlertsPart }
  | { view: "oncall" }
  | { view: "report" }
  | { view: "demo" }
  | { view: "logs"; service: string; part: LogsPart; id: string }
  | { view: "metrics"; part: MetricsPart }
  | { view: "slos"; part: "board" | "detail" | "review"; service: string; slo: string }
  | { view: "lost" };

export type AlertsPart = "groups" | "silences" | "destinations";

export type MetricsPart = "explore" | "targets" | "cardinality";

/** `service` is empty for all services, `id` but for one pattern. */
export type LogsPart = "patterns" | "pattern" | "compare" | "search" | "live";

/** What stands behind /logs or /services/NAME/logs. */
function parseLogs(service: string, rest: string[]): Route {
  const [first, id] = rest;
  if (first === undefined) return { view: "logs", service, part: "patterns", id: "" };
  if (rest.length === 1 && (first === "search" || first === "live")) {
    return { view: "logs", service, part: first, id: "" };
  }
  if (service && rest.length === 1 && first === "compare") {
    return { view: "logs", service, part: first, id: "" };
  }
  if (service && rest.length === 2 && first === "patterns" && id) {
    return { view: "logs", service, part: "pattern", id };
  }
  return { view: "lost" };
}

/** What stands behind /slos. */
function parseSlos(rest: string[]): Route {
  const [service = "", slo = ""] = rest;
  if (rest.length === 0) return { view: "slos", part: "board", service, slo };
  if (rest.length === 1 && service === "report") return { view: "slos", part: "review", service: "", slo };
  return rest.length === 2 ? { view: "slos", part: "detail", service, slo } : { view: "lost" };
}

export function parse(path: string): Route {
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  const [first, second] = parts;
  if (parts.length === 0) return { view: "board" };
  if (first === "services" && second && parts.length === 2) return { view: "service", name: second };
  if (first === "services" && second && parts[2] === "logs") return parseLogs(second, parts.slice(3));
  if (first === "logs") return parseLogs("", parts.slice(1));
  if (first === "anomalies" && parts.length === 1) return { view: "anomalies" };
  if (first === "anomalies" && second && parts.length === 2) return { view: "anomaly", id: second };
  if (first === "incidents" && parts.length === 1) return { view: "incidents", id: 0 };
  if (first === "incidents" && parts.length === 2 && /^[1-9]\d*$/.test(second ?? "")) {
    return { view: "incidents", id: Number(second) };
  }
  if (first === "alerts" && parts.length === 1) return { view: "alerts", part: "groups" };
  if (first === "alerts" && parts.length === 2 && (second === "silences" || second === "destinations")) {
    return { view: "alerts", part: second };
  }
  if (first === "oncall" && parts.length === 1) return { view: "oncall" };
  if (first === "explore" && parts.length === 1) return { view: "metrics", part: "explore" };
  if (first === "explore" && parts.length === 2 && (second === "targets" || second === "cardinality")) {
    return { view: "metrics", part: second };
  }
  if (first === "slos") return parseSlos(parts.slice(1));
  if (first === "report" && parts.length === 1) return { view: "report" };
  if (first === "demo" && parts.length === 1) return { view: "demo" };
  return { view: "lost" };
}

export const route = signal<Route>(parse(location.pathname));
/** What stands behind the address' '?': what a view was asked for, so that it can be linked to. */
export const query = signal(new URLSearchParams(location.search));

export function serviceLink(name: string): string {
  return `/services/${encodeURIComponent(name)}`;
}
export function anomalyLink(id: string): string {
  return `/anomalies/${encodeURIComponent(id)}`;
}
export function incidentLink(id: number): string {
  return `/incidents/${id}`;
}
export function alertsLink(part: AlertsPart, asked: [string, string][] = []): string {
  const place = part === "groups" ? "/alerts" : `/alerts/${part}`;
  const search = new URLSearchParams(asked).toString();
  return search ? `${place}?${search}` : place;
}
export function onCallLink(schedule = ""): string {
  return schedule ? `/oncall?schedule=${encodeURIComponent(schedule)}` : "/oncall";
}
export function logsLink(service: string, part = "", asked: Record<string, string> = {}): string {
  const kept = Object.entries(asked).filter(([, value]) => value !== "");
  const search = new URLSearchParams(kept).toString();
  const place = `${service ? serviceLink(service) : ""}/logs${part ? `/${part}` : ""}`;
  return search ? `${place}?${search}` : place;
}

export function metricsLink(part: MetricsPart, asked: Record<string, string> = {}): string {
  const kept = Object.entries(asked).filter(([, value]) => value !== "");
  const search = new URLSearchParams(kept).toString();
  const place = part === "explore" ? "/explore" : `/explore/${part}`;
  return search ? `${place}?${search}` : place;
}

export function sloLink(service: string, slo: string): string {
  return `/slos/${encodeURIComponent(service)}/${encodeURIComponent(slo)}`;
}
/** The board of SLOs, or its review. */
export function slosLink(part: "" | "report" = "", asked: Record<string, string> = {}): string {
  const kept = Object.entries(asked).filter(([, value]) => value !== "");
  const search = new URLSearchParams(kept).toString();
  const place = part ? `/slos/${part}` : "/slos";
  return search ? `${place}?${search}` : place;
}

/** Other words of the same view: the way back does not lead through each of them. */
export function replace(path: string): void {
  history.replaceState(null, "", path);
  arrive();
}

/** The same view with other words in its query; an empty one leaves it. */
export function refine(changed: Record<string, string>): void {
  const asked = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changed)) {
    if (value === "") asked.delete(name);
    else asked.set(name, value);
  }
  const text = asked.toString();
  replace(text ? `${location.pathname}?${text}` : location.pathname);
}

/** `path` may have a query. */
export function go(path: string): void {
  if (path === location.pathname + location.search) return;
  const here = location.pathname;
  history.pushState(null, "", path);
  arrive();
  if (here === location.pathname) return;
  window.scrollTo(0, 0);
  // Screen readers and the keyboard go on from the new view's heading.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus());
}

function arrive(): void {
  batch(() => {
    query.value = new URLSearchParams(location.search);
    route.value = parse(location.pathname);
  });
}

export function startRouter(): void {
  addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.download) return;
    if (link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
