// The views of metrics, loaded when the first of them is opened.
import { lazy } from "../parts/lazy";
import type { Route } from "../router";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../metrics/view"),
  () => t.value.nav.metrics,
);

export function MetricsView({ at }: { at: Extract<Route, { view: "metrics" }> }) {
  return <Lazy>{(module) => <module.Metrics part={at.part} />}</Lazy>;
}
