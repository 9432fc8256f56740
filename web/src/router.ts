// The page's addresses. A link is an ordinary <a>; clicks inside the page are taken here.
import { signal } from "@preact/signals";

export type Route =
  | { view: "board" }
  | { view: "service"; name: string }
  | { view: "anomalies" }
  | { view: "anomaly"; id: string }
  | { view: "report" }
  | { view: "demo" }
  | { view: "lost" };

export function parse(path: string): Route {
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  const [first, second] = parts;
  if (parts.length === 0) return { view: "board" };
  if (first === "services" && second && parts.length === 2) return { view: "service", name: second };
  if (first === "anomalies" && parts.length === 1) return { view: "anomalies" };
  if (first === "anomalies" && second && parts.length === 2) return { view: "anomaly", id: second };
  if (first === "report" && parts.length === 1) return { view: "report" };
  if (first === "demo" && parts.length === 1) return { view: "demo" };
  return { view: "lost" };
}

export const route = signal<Route>(parse(location.pathname));

export function serviceLink(name: string): string {
  return `/services/${encodeURIComponent(name)}`;
}
export function anomalyLink(id: string): string {
  return `/anomalies/${encodeURIComponent(id)}`;
}

export function go(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, "", path);
  arrive();
  window.scrollTo(0, 0);
  // Screen readers and the keyboard go on from the new view's heading.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus());
}

function arrive(): void {
  route.value = parse(location.pathname);
}

export function startRouter(): void {
  addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.download) return;
    if (link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    go(link.pathname);
  });
}
