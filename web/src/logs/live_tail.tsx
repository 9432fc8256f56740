// Lines as they come: waits on /logs/tail, newest first, with a pause that loses nothing.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LogLine } from "../api/client";
import { ApiError, needsToken } from "../api/client";
import { count } from "../format";
import { go, logsLink, query } from "../router";
import { t } from "../settings";
import { logs } from "./ask";
import { useFormKey } from "./form_key";
import { Lines } from "./lines";
import { SeverityChoice } from "./marks";
import { lt } from "./texts";

const shownMax = 1000;
/** So long between two answers at least: a flood of lines is taken in portions. */
const restMs = 300;
const waitMaxMs = 15_000;

interface Tail {
  lines: { id: number; line: LogLine }[];
  came: number;
  failed: string;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `lines` came after what `tail` has. */
function grown(tail: Tail, lines: LogLine[]): Tail {
  const numbered = lines.map((line, i) => ({ id: tail.came + i, line })).reverse();
  return {
    lines: [...numbered, ...tail.lines].slice(0, shownMax),
    came: tail.came + lines.length,
    failed: "",
  };
}

/** Follows while not paused; the cursor stays over a pause. Anew when something else is asked. */
function useTail(service: string, q: string, severity: string, paused: boolean) {
  const tail = useSignal<Tail>({ lines: [], came: 0, failed: "" });
  const cursor = useSignal("");
  useEffect(() => {
    tail.value = { lines: [], came: 0, failed: "" };
    cursor.value = "";
  }, [service, q, severity]);
  const token = needsToken.value;
  useEffect(() => {
    if (paused || token) return;
    const stop = new AbortController();
    const follow = async () => {
      let wait = 500;
      while (!stop.signal.aborted) {
        try {
          const asked = { service, q, severity, after: cursor.peek() };
          const answer = await logs.tail(asked, stop.signal);
          if (stop.signal.aborted) return;
          cursor.value = answer.cursor;
          tail.value = grown(tail.peek(), answer.lines);
          wait = 500;
          await pause(restMs);
        } catch (error) {
          if (stop.signal.aborted) return;
          tail.value = { ...tail.peek(), failed: error instanceof Error ? error.message : String(error) };
          // What the server refuses it will refuse again.
          if (error instanceof ApiError && error.status < 500 && error.status !== 429) return;
          await pause(wait);
          wait = Math.min(wait * 2, waitMaxMs);
        }
      }
    };
    void follow();
    return () => stop.abort();
  }, [service, q, severity, paused, token]);
  return tail;
}

function Form({ service }: { service: string }) {
  const texts = lt.value;
  const at = query.value;
  const { key, sent } = useFormKey();
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const asked = { q: String(form.get("q") ?? ""), severity: String(form.get("severity") ?? "") };
    go(logsLink(service, "live", asked));
    sent();
  };
  return (
    <form class="buttons" onSubmit={send} key={key}>
      <label>
        {texts.searchText} <input type="search" name="q" defaultValue={at.get("q") ?? ""} spellcheck={false} />
      </label>
      <SeverityChoice chosen={at.get("severity") ?? ""} />
      <button>{texts.apply}</button>
    </form>
  );
}

export function LiveTail({ service }: { service: string }) {
  const texts = lt.value;
  const paused = useSignal(false);
  const at = query.value;
  const tail = useTail(service, at.get("q") ?? "", at.get("severity") ?? "", paused.value);
  const { lines, came, failed } = tail.value;
  return (
    <>
      <p class="hint">{texts.liveHint}</p>
      <Form service={service} />
      <p class="buttons">
        <button type="button" aria-pressed={paused.value} onClick={() => (paused.value = !paused.value)}>
          {paused.value ? texts.goOn : texts.pause}
        </button>
        <span class="hint">
          {paused.value ? texts.paused : `${texts.waiting}…`} · {texts.linesInAll(count(came))}{" "}
          {came > lines.length && texts.dropped(count(came - lines.length))}
        </span>
      </p>
      {failed && (
        <p role="alert" class="notice bad">
          {t.value.failed} {failed}
        </p>
      )}
      <Lines lines={lines} service={service} label={texts.lines} />
    </>
  );
}
