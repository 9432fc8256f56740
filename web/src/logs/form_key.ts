// Forms that begin as the address says, without taking what is typed or the focus away.
import { useRef } from "preact/hooks";
import { query } from "../router";

/**
 * `key` is for the form: it changes when the address does, unless the form itself sent it there and
 * called `sent`, since then it shows what the address says already.
 */
export function useFormKey(): { key: number; sent: () => void } {
  const now = query.value.toString();
  const shown = useRef(now);
  const key = useRef(0);
  if (now !== shown.current) {
    shown.current = now;
    ++key.current;
  }
  return { key: key.current, sent: () => (shown.current = query.peek().toString()) };
}
