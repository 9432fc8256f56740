// A part of the page that is loaded when it is first opened.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../settings";

/**
 * A component that shows what `load` gave; until then how far it is, below `title` as the view's
 * heading, "" when it is a part of a view that has one.
 */
export function lazy<M>(
  load: () => Promise<M>,
  title: () => string,
): (props: { children: (module: M) => ComponentChildren }) => ComponentChildren {
  const loaded = signal<M | undefined>(undefined);
  const failed = signal("");
  const begin = async () => {
    try {
      loaded.value = await load();
    } catch (error) {
      failed.value = error instanceof Error ? error.message : String(error);
    }
  };
  return function Lazy({ children }) {
    useEffect(() => {
      if (!loaded.value) void begin();
    }, []);
    if (loaded.value) return <>{children(loaded.value)}</>;
    return (
      <>
        {title() !== "" && <h1 tabIndex={-1}>{title()}</h1>}
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
  };
}
