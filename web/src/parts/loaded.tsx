// What is shown while data is on its way, is not there, or could not be had.
import type { ComponentChildren } from "preact";
import type { Loaded } from "../live";
import { t } from "../settings";

export function Shown<T>(props: {
  from: Loaded<T>;
  children: (data: T) => ComponentChildren;
}) {
  const { data, missing, failed } = props.from;
  if (data !== undefined) return <>{props.children(data)}</>;
  if (missing) {
    return (
      <>
        <h1 tabIndex={-1}>{t.value.lost}</h1>
        <a href="/">{t.value.toBoard}</a>
      </>
    );
  }
  if (failed) {
    return (
      <p role="alert" class="notice bad">
        {t.value.failed} {failed}
      </p>
    );
  }
  return (
    <p class="hint" aria-busy="true">
      {t.value.loading}…
    </p>
  );
}
