// Search in lines: what is asked for stands in the address, so that it can be linked to.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { LogLine, LogSearchEnd } from "../api/client";
import { needsToken } from "../api/client";
import { bytes, count } from "../format";
import { t } from "../settings";
import { go, logsLink, query } from "../router";
import { search } from "./ask";
import { Lines } from "./lines";
import { SeverityChoice } from "./marks";
import { fromInput, fromQuery, toInput } from "./range";
import { lt } from "./texts";

const limits = [100, 300, 1000];
/** What the address may hold, but for the times. */
const words = ["q", "regex", "severity", "pattern", "parameter", "trace", "limit"];

function Moment({ name, label, value }: { name: string; label: string; value: number | undefined }) {
  return (
    <label>
      {label}{" "}
      <input type="datetime-local" name={name} value={value === undefined ? "" : toInput(value)} />
    </label>
  );
}

function Field({ name, label, value }: { name: string; label: string; value: string | null }) {
  return (
    <label>
      {label} <input name={name} value={value ?? ""} autocomplete="off" spellcheck={false} />
    </label>
  );
}

/** What the form asks for, as the address has it. */
function askedBy(form: FormData): Record<string, string> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const moment = (name: string) => {
    const ms = fromInput(text(name));
    return Number.isNaN(ms) ? "" : String(ms);
  };
  const said = String(form.get("text") ?? "");
  return {
    [form.has("is-regex") ? "regex" : "q"]: said,
    severity: text("severity"),
    from: moment("from"),
    to: moment("to"),
    pattern: text("pattern"),
    parameter: String(form.get("parameter") ?? ""),
    trace: text("trace"),
    limit: text("limit") === String(limits[0]) ? "" : text("limit"),
  };
}

function Form({ service }: { service: string }) {
  const texts = lt.value;
  const at = query.value;
  const more = ["pattern", "parameter", "trace"].some((name) => at.has(name));
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    go(logsLink(service, "search", askedBy(new FormData(event.currentTarget as HTMLFormElement))));
  };
  return (
    <form class="card" role="search" onSubmit={send}>
      <p class="buttons">
        <label class="wide">
          {texts.searchText}{" "}
          <input type="search" name="text" value={at.get("regex") ?? at.get("q") ?? ""} spellcheck={false} />
        </label>
        <label>
          <input type="checkbox" name="is-regex" defaultChecked={at.has("regex")} /> {texts.asRegex}
        </label>
        <SeverityChoice value={at.get("severity") ?? ""} />
        <button>{texts.search}</button>
      </p>
      <p class="buttons">
        <Moment name="from" label={texts.from} value={fromQuery(at, "from")} />
        <Moment name="to" label={texts.to} value={fromQuery(at, "to")} />
        <label>
          {texts.limit}{" "}
          <select name="limit" value={at.get("limit") ?? String(limits[0])}>
            {limits.map((limit) => (
              <option value={String(limit)} key={limit}>
                {texts.linesMax(count(limit))}
              </option>
            ))}
          </select>
        </label>
      </p>
      <details open={more}>
        <summary>{texts.moreFields}</summary>
        <p class="buttons">
          <Field name="pattern" label={texts.patternId} value={at.get("pattern")} />
          <Field name="parameter" label={texts.parameterValue} value={at.get("parameter")} />
          <Field name="trace" label={texts.trace} value={at.get("trace")} />
        </p>
      </details>
    </form>
  );
}

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
  if (running) return <p class="hint" role="status">{texts.searching(count(lines.length))}…</p>;
  if (failed) return <p role="alert" class="notice bad">{t.value.failed} {failed}</p>;
  const how = end ? texts.ends[end.end] : stopped ? texts.ends.cancelled : texts.brokeOff;
  return (
    <div role="status">
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
    </div>
  );
}

/** Searches for what the address asks; anew when that or the token changes. */
function useSearch(service: string) {
  const found = useSignal<Found>(nothing);
  const stop = useRef<AbortController | null>(null);
  const at = query.value;
  const token = needsToken.value;
  useEffect(() => {
    const running = new AbortController();
    stop.current = running;
    found.value = nothing;
    const kept = words.map((name) => [name, at.get(name) ?? ""]);
    const asked = { service, ...Object.fromEntries(kept), from: at.get("from") ?? "", to: at.get("to") ?? "" };
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
  }, [service, at.toString(), token]);
  return { found: found.value, cancel: () => stop.current?.abort() };
}

export function Search({ service }: { service: string }) {
  const texts = lt.value;
  const { found, cancel } = useSearch(service);
  return (
    <>
      <Form service={service} key={query.value.toString()} />
      <section aria-label={texts.lines}>
        <End found={found} />
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
