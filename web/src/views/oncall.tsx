// On call, loaded when it is first opened.
import { lazy } from "../parts/lazy";
import { t } from "../settings";

const Lazy = lazy(
  () => import("../oncall/view"),
  () => t.value.nav.oncall,
);

export function OnCallView() {
  return <Lazy>{(module) => <module.OnCall />}</Lazy>;
}
