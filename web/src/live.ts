// Keeps what is shown fresh: waits for the server to say that something changed, then asks again.
import { effect, signal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ApiError, call, needsToken } from "./api/client";

/** Grows whenever the server has judged anew. */
export const version = signal(0);
export const connected = signal(true);

const changedHere = signal(0);
/** Something was changed from this page that the server does not tell as a change: ask again. */
export function refresh(): void {
  ++changedHere.value;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function follow(): Promise<void> {
  let wait = 500;
  for (;;) {
    try {
      const change = await call<{ version: number }>(`/changes?since=${version.value}`);
      connected.value = true;
      wait = 500;
      // A server that was started anew counts from the beginning.
      if (change.version !== version.value) version.value = change.version;
    } catch {
      connected.value = needsToken.value;
      await pause(wait);
      wait = Math.min(wait * 2, 15_000);
    }
  }
}

export interface Loaded<T> {
  data: T | undefined;
  missing: boolean;
  failed: string;
}

/**
 * What `load` gives, asked for again on every change and `refresh`, unless `onChange` is false, and every
 * `everyMs` when that is given; the last good answer stays while asking.
 */
export function useLive<T>(
  load: () => Promise<T>,
  keys: readonly unknown[],
  everyMs = 0,
  onChange = true,
): Signal<Loaded<T>> {
  const state = useSignal<Loaded<T>>({ data: undefined, missing: false, failed: "" });
  useEffect(() => {
    let current = true;
    let busy = false;
    let again = false;
    const loadNow = async () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      try {
        const data = await load();
        if (current) state.value = { data, missing: false, failed: "" };
      } catch (error) {
        const missing = error instanceof ApiError && error.status === 404;
        const failed = error instanceof Error ? error.message : String(error);
        if (current) state.value = { data: missing ? undefined : state.value.data, missing, failed };
      }
      busy = false;
      if (again && current) {
        again = false;
        void loadNow();
      }
    };
    state.value = { data: undefined, missing: false, failed: "" };
    const stop = effect(() => {
      if (onChange) {
        void version.value;
        void changedHere.value;
      }
      void needsToken.value;
      void loadNow();
    });
    const timer = everyMs > 0 ? setInterval(() => void loadNow(), everyMs) : undefined;
    return () => {
      current = false;
      clearInterval(timer);
      stop();
    };
  }, keys);
  return state;
}
