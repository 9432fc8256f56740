// The views of logs, loaded when the first of them is opened.
import { lazy } from "../parts/lazy";
import type { Route } from "../router";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../logs/view"),
  () => t.value.nav.logs,
);

export function LogsView({ at }: { at: Extract<Route, { view: "logs" }> }) {
  return <Lazy>{(module) => <module.Logs at={at} />}</Lazy>;
}
