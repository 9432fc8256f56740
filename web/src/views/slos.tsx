// The views of SLOs, loaded when the first of them is opened.
import { lazy } from "../parts/lazy";
import type { Route } from "../router";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../slo/view"),
  () => t.value.nav.slos,
);

export function SlosView({ at }: { at: Extract<Route, { view: "slos" }> }) {
  return <Lazy>{(module) => <module.Slos at={at} />}</Lazy>;
}
