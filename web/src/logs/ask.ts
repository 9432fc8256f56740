// Asks the server about logs: what it is asked for, as addresses, and how its answers are read.
import { effect, useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LogDiff, LogLine, LogPatternDetail, LogPatternList, LogSearchEnd, LogTail } from "../api/client";
import { ApiError, ask, call, needsToken } from "../api/client";
import type { Loaded } from "../live";

type Asked = Record<string, string | number>;

/** "/logs/PLACE?..." without what is empty. */
export function address(place: string, asked: Asked): string {
  const kept = Object.entries(asked).filter(([, value]) => value !== "");
  return `/logs/${place}?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}`;
}

export const logs = {
  patterns: (asked: Asked, signal: AbortSignal) => call<LogPatternList>(address("patterns", asked), { signal }),
  pattern: (id: string, asked: Asked, signal: AbortSignal) =>
    call<LogPatternDetail>(address(`patterns/${encodeURIComponent(id)}`, asked), { signal }),
  diff: (asked: Asked, signal: AbortSignal) => call<LogDiff>(address("diff", asked), { signal }),
  tail: (asked: Asked, signal: AbortSignal) => call<LogTail>(address("tail", asked), { signal }),
};

/** The longest line of an answer that is waited for: a log line of 256 KiB, escaped. */
const lineCharactersMax = 4 << 20;

/**
 * Hands over the lines of a search as they come, several at a time. Gives how it ended; nothing when
 * the answer broke off.
 */
export async function search(
  asked: Asked,
  signal: AbortSignal,
  onLines: (lines: LogLine[]) => void,
): Promise<LogSearchEnd | undefined> {
  const response = await ask(address("search", asked), { signal });
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const whole = rest.split("\n");
    rest = done ? "" : (whole.pop() ?? "");
    if (rest.length > lineCharactersMax) {
      await reader.cancel();
      return undefined;
    }
    const { lines, end, broken } = parsed(whole);
    if (lines.length > 0) onLines(lines);
    if (end || broken) await reader.cancel();
    if (end || broken || done) return end;
  }
}

/** What whole lines of the answer say; one that is no JSON breaks it off. */
function parsed(whole: string[]) {
  const lines: LogLine[] = [];
  for (const text of whole) {
    if (text.trim() === "") continue;
    try {
      const one = JSON.parse(text) as LogLine | LogSearchEnd;
      if ("end" in one) return { lines, end: one, broken: false };
      lines.push(one);
    } catch {
      return { lines, end: undefined, broken: true };
    }
  }
  return { lines, end: undefined, broken: false };
}

/** What `load` gives for these keys, asked for again every `everyMs` while the tab is looked at. */
export function useAsked<T>(
  load: (signal: AbortSignal) => Promise<T>,
  keys: readonly unknown[],
  everyMs = 0,
): Signal<Loaded<T>> {
  const state = useSignal<Loaded<T>>({ data: undefined, missing: false, failed: "" });
  useEffect(() => {
    const stop = new AbortController();
    let busy = false;
    const refresh = async () => {
      if (busy) return;
      busy = true;
      try {
        const data = await load(stop.signal);
        if (!stop.signal.aborted) state.value = { data, missing: false, failed: "" };
      } catch (error) {
        const missing = error instanceof ApiError && error.status === 404;
        const failed = error instanceof Error ? error.message : String(error);
        const data = missing ? undefined : state.value.data;
        if (!stop.signal.aborted) state.value = { data, missing, failed };
      }
      busy = false;
    };
    state.value = { data: undefined, missing: false, failed: "" };
    const stopToken = effect(() => {
      void needsToken.value;
      void refresh();
    });
    const timer = everyMs > 0 ? setInterval(() => document.hidden || void refresh(), everyMs) : undefined;
    return () => {
      stop.abort();
      clearInterval(timer);
      stopToken();
    };
  }, keys);
  return state;
}
