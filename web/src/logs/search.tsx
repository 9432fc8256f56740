// Search in lines: what is asked for stands in the address, so that it can be linked to.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { LogLine, LogSearchEnd } from "../api/client";
import { needsToken } from "../api/client";
import { bytes, count } from "../format";
import { query } from "../router";
import { t } from "../settings";
import { search } from "./ask";
import { Lines } from "./lines";
import { SearchForm } from "./search_form";
import { lt } from "./texts";

/** What the address may hold and the server is asked. */
const names = ["q", "regex", "severity", "pattern", "parameter", "trace", "limit", "from", "to"];

interface Found {
  lines: { id: number; line: LogLine }[];
  running: boolean;
  end: LogSearchEnd | undefined;
  /** The reader stopped it. */
  stopped: boolean;
  failed: string;
}
const nothing: Found = { lines: [], running: true, end: undefined, stopped: false, failed: "" };

function End({ found }: { found: Found }) {
  const texts = lt.value;
  const { end, running, stopped, lines, failed } = found;
  if (running) return <p class="hint">{texts.searching(count(lines.length))}…</p>;
  if (failed) return <p role="alert" class="notice bad">{t.value.failed} {failed}</p>;
  const how = end ? texts.ends[end.end] : stopped ? texts.ends.cancelled : texts.brokeOff;
  return (
    <>
      <p class={end || stopped ? "hint" : "notice bad"}>
        {lines.length === 0 ? texts.nothingFound : texts.found(count(lines.length))} {how}{" "}
        {end && texts.searched(bytes(end.searched_bytes))}
      </p>
      {end && end.damaged.length > 0 && (
        <div class="notice bad">
          {texts.damaged(count(end.damaged.length))}
          <ul>
            {end.damaged.map((one) => (
              <li key={one}>
                <code>{one}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** Searches for what the address asks; anew when that, the token or `turn` changes. */
function useSearch(service: string, turn: number) {
  const found = useSignal<Found>(nothing);
  const stop = useRef<AbortController | null>(null);
  const at = query.value;
  const token = needsToken.value;
  useEffect(() => {
    const running = new AbortController();
    stop.current = running;
    found.value = nothing;
    const asked = { service, ...Object.fromEntries(names.map((name) => [name, at.get(name) ?? ""])) };
    const add = (lines: LogLine[]) => {
      if (stop.current !== running) return;
      const first = found.value.lines.length;
      const numbered = lines.map((line, i) => ({ id: first + i, line }));
      found.value = { ...found.value, lines: [...found.value.lines, ...numbered] };
    };
    const finish = (how: Partial<Found>) => {
      if (stop.current === running) found.value = { ...found.value, running: false, ...how };
    };
    search(asked, running.signal, add).then(
      (end) => finish({ end }),
      (error: unknown) =>
        finish(running.signal.aborted ? { stopped: true } : { failed: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      stop.current = null;
      running.abort();
    };
  }, [service, at.toString(), token, turn]);
  return { found: found.value, cancel: () => stop.current?.abort() };
}

export function Search({ service }: { service: string }) {
  const texts = lt.value;
  const turn = useSignal(0);
  const { found, cancel } = useSearch(service, turn.value);
  return (
    <>
      <SearchForm service={service} onSend={() => ++turn.value} />
      <section aria-label={texts.lines}>
        <div role="status">
          <End found={found} />
        </div>
        {found.running && (
          <button type="button" onClick={cancel}>
            {texts.stop}
          </button>
        )}
        <Lines lines={found.lines} service={service} label={texts.lines} />
      </section>
    </>
  );
}
