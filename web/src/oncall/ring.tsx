// Rings a person: asks why, then tells how the call stands until it is over.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { author } from "../parts/author";
import { phone, type Call } from "./ask";
import { ot } from "./texts";

const pollMs = 1000;
const waitMs = 5 * 60_000;

/** What became of the call, in words; nothing is claimed that the server did not say. */
function callText(person: string, call: Call): string {
  const texts = ot.value;
  if (call.state !== "ended") return texts.callStates[call.state](person);
  const outcome = texts.outcomes[call.outcome] ?? call.outcome;
  return texts.ended(person, call.detail ? `${outcome} (${call.detail})` : outcome);
}

function messageOf(error: unknown): string {
  return `${ot.value.notRung} ${error instanceof Error ? error.message : String(error)}`;
}

/** Asks until the call is over; `tell` gives false when nobody listens any more. */
async function followCall(id: string, tell: (call: Call) => boolean): Promise<void> {
  const end = Date.now() + waitMs;
  while (Date.now() < end) {
    const call = await phone.call(id);
    if (!tell(call) || call.state === "ended") return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

export function Ring({ person }: { person: string }) {
  const texts = ot.value;
  const form = useSignal(false);
  const told = useSignal("");
  const busy = useSignal(false);
  const first = useRef<HTMLInputElement>(null);
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => void (here.current = false);
  }, []);
  useLayoutEffect(() => {
    if (form.value) first.current?.focus();
  }, [form.value]);
  const ring = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    author.value = String(fields.get("author") ?? "").trim();
    const reason = String(fields.get("reason") ?? "").trim();
    form.value = false;
    busy.value = true;
    told.value = texts.asked(person);
    try {
      const { call } = await phone.ring(person, reason);
      await followCall(call, (now) => {
        told.value = callText(now.person || person, now);
        return here.current;
      });
    } catch (error) {
      told.value = messageOf(error);
    }
    busy.value = false;
  };
  const cancel = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    form.value = false;
  };
  return (
    <span class="ring">
      {!form.value && (
        <button type="button" disabled={busy.value} aria-label={texts.ringWho(person)} onClick={() => (form.value = true)}>
          {texts.ring}
        </button>
      )}
      {form.value && (
        <form class="fields" aria-label={texts.ringWho(person)} onSubmit={(event) => void ring(event)} onKeyDown={cancel}>
          <label>
            {texts.because} <input ref={first} name="reason" required maxLength={300} size={30} />
          </label>
          <label>
            {texts.author} <input name="author" required maxLength={200} size={12} defaultValue={author.value} />
          </label>
          <button>{texts.ringNow}</button>
          <button type="button" class="quiet" onClick={() => (form.value = false)}>
            {texts.cancel}
          </button>
        </form>
      )}
      <span role="status">{told.value}</span>
    </span>
  );
}
