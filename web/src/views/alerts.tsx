// Alerts, loaded when they are first opened.
import { lazy } from "../parts/lazy";
import type { AlertsPart } from "../router";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../alerts/view"),
  () => t.value.nav.alerts,
);

export function AlertsView({ part }: { part: AlertsPart }) {
  return <Lazy>{(module) => <module.Alerts part={part} />}</Lazy>;
}
