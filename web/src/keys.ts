// The keyboard: two-key jumps, next and previous row, back.
import { signal } from "@preact/signals";
import { alertsLink, go, logsLink, metricsLink, route, serviceLink, slosLink } from "./router";

export const helpOpen = signal(false);

const jumps: Record<string, string> = {
  b: "/",
  p: "/alerts",
  a: "/anomalies",
  i: "/incidents",
  o: "/oncall",
  l: "/logs",
  m: "/explore",
  r: "/report",
  s: "/slos",
  d: "/demo",
};
const jumpWithinMs = 1200;

function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, select, textarea, dialog") !== null;
}

/** Moves the focus by `step` among the rows that can be opened. */
function move(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function up(): void {
  const here = route.value;
  if (here.view === "anomaly") go("/anomalies");
  else if (here.view === "incidents" && here.id > 0) go("/incidents");
  else if (here.view === "alerts" && here.part !== "groups") go(alertsLink("groups"));
  else if (here.view === "logs" && here.part !== "patterns") go(logsLink(here.service));
  else if (here.view === "logs" && here.service) go(serviceLink(here.service));
  else if (here.view === "metrics" && here.part !== "explore") go(metricsLink("explore"));
  else if (here.view === "slos" && here.part !== "board") go(slosLink());
  else if (here.view !== "board") go("/");
}

export function startKeys(): void {
  let jumpAt = -jumpWithinMs;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) return;
    const isJump = event.timeStamp - jumpAt < jumpWithinMs;
    jumpAt = -jumpWithinMs;
    const path = isJump ? jumps[event.key] : undefined;
    if (path) go(path);
    else if (event.key === "g") jumpAt = event.timeStamp;
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") helpOpen.value = true;
    else if (event.key === "Escape") up();
    else return;
    event.preventDefault();
  });
}
