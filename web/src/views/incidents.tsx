// Incidents, loaded when they are first opened.
import { lazy } from "../parts/lazy";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../incident/view"),
  () => t.value.nav.incidents,
);

export function IncidentsView({ id }: { id: number }) {
  return <Lazy>{(module) => <module.Incidents id={id} />}</Lazy>;
}
