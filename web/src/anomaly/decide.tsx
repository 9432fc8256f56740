// The buttons: acknowledge, mark as expected until ... because ..., fixed by ..., and the ways back.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Anomaly, Fields, LedgerEditRequest } from "../api/client";
import { ledger } from "./ask";
import { at } from "./texts";

type Form = "" | "expect" | "fixed";
type Edit = Omit<LedgerEditRequest, "via" | "id">;

const dayMs = 86_400_000;
/** As an <input type=date> writes it. */
const dayOf = (ms: number) => {
  const date = new Date(ms);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
};
/** The end of that day where the reader is. */
function endOf(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + 1).toISOString();
}

function Why(props: { form: "expect" | "fixed"; onSend: (edit: Pick<Edit, "what" | "until" | "reason">) => void; onCancel: () => void }) {
  const texts = at.value;
  const first = useRef<HTMLInputElement>(null);
  // Before anything is shown: a key that is pressed at once is the form's.
  useLayoutEffect(() => first.current?.focus(), []);
  const expect = props.form === "expect";
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const reason = String(form.get("reason") ?? "").trim();
    if (expect) props.onSend({ what: "expect", reason, until: endOf(String(form.get("until"))) });
    else props.onSend({ what: "fixed", reason });
  };
  const cancel = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    props.onCancel();
  };
  return (
    <form class="decide" aria-label={expect ? texts.expectTitle : texts.fixedTitle} onSubmit={send} onKeyDown={cancel}>
      {expect && (
        <label>
          {texts.until}{" "}
          <input ref={first} type="date" name="until" required min={dayOf(Date.now())} max={dayOf(Date.now() + 364 * dayMs)} defaultValue={dayOf(Date.now() + 7 * dayMs)} />
        </label>
      )}
      <label>
        {expect ? texts.because : texts.fixedBy}{" "}
        <input ref={expect ? undefined : first} name="reason" required maxLength={300} size={40} />
      </label>
      <button>{texts.save}</button>
      <button type="button" class="quiet" onClick={props.onCancel}>
        {texts.cancel}
      </button>
      <p class="hint">{expect ? texts.expectHint : texts.fixedHint}</p>
    </form>
  );
}

/** `decided` is what holds of the kind. */
export function Decide({ anomaly, decided }: { anomaly: Anomaly; decided: Fields }) {
  const texts = at.value;
  const form = useSignal<Form>("");
  const told = useSignal("");
  const send = async (edit: Edit) => {
    try {
      await ledger.edit(edit);
      told.value = texts.saved;
      form.value = "";
    } catch (error) {
      told.value = `${texts.notSaved} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const kind = { kind: anomaly.kind };
  const expected = new Date(String(decided["expected_until"] ?? "")).getTime() > Date.now();
  const isFixed = decided["fixed"] !== undefined;
  return (
    <section class="card" aria-labelledby="decide">
      <h2 id="decide">{texts.decide}</h2>
      <p class="buttons">
        {anomaly.ledger.acknowledged === null && (
          <button type="button" onClick={() => void send({ what: "acknowledge", anomaly: anomaly.id })}>
            {texts.acknowledge}
          </button>
        )}
        <button type="button" aria-expanded={form.value === "expect"} onClick={() => (form.value = "expect")}>
          {texts.expect}
        </button>
        {expected && (
          <button type="button" onClick={() => void send({ what: "unexpect", ...kind })}>
            {texts.unexpect}
          </button>
        )}
        <button type="button" aria-expanded={form.value === "fixed"} onClick={() => (form.value = "fixed")}>
          {texts.fixed}
        </button>
        {isFixed && (
          <button type="button" onClick={() => void send({ what: "reopen", ...kind })}>
            {texts.reopen}
          </button>
        )}
      </p>
      {form.value !== "" && (
        <Why form={form.value} key={form.value} onCancel={() => (form.value = "")} onSend={(edit) => void send({ ...edit, ...kind })} />
      )}
      <p role="status" class="hint">
        {told.value}
      </p>
    </section>
  );
}
