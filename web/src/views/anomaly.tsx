// One anomaly, loaded when the first of them is opened.
import { lazy } from "../parts/lazy";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../anomaly/view"),
  () => t.value.anomalies,
);

export function AnomalyView({ id }: { id: string }) {
  return <Lazy>{(module) => <module.AnomalyDetail id={id} />}</Lazy>;
}
