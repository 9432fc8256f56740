// The views of logs, loaded when the first of them is opened.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Route } from "../router";
import { t } from "../settings";

type Module = typeof import("../logs/view");
const loaded = signal<Module | undefined>(undefined);
const failed = signal("");

async function load(): Promise<void> {
  try {
    loaded.value = await import("../logs/view");
  } catch (error) {
    failed.value = error instanceof Error ? error.message : String(error);
  }
}

export function LogsView({ at }: { at: Extract<Route, { view: "logs" }> }) {
  useEffect(() => {
    if (!loaded.value) void load();
  }, []);
  const module = loaded.value;
  if (module) return <module.Logs at={at} />;
  return (
    <>
      <h1 tabIndex={-1}>{t.value.nav.logs}</h1>
      {failed.value ? (
        <p role="alert" class="notice bad">
          {t.value.failed} {failed.value}
        </p>
      ) : (
        <p class="hint" aria-busy="true">
          {t.value.loading}…
        </p>
      )}
    </>
  );
}
