// Which two ranges are compared: presets, or four moments of the reader's own clock.
import { useSignal } from "@preact/signals";
import { go, logsLink } from "../router";
import { useFormKey } from "./form_key";
import { fromInput, fromQuery, toInput } from "./range";
import { lt } from "./texts";

/** Range a, before, and range b, after; as the server calls them. */
export type Ranges = Record<"a_from" | "a_to" | "b_from" | "b_to", number>;
const names = ["a_from", "a_to", "b_from", "b_to"] as const;
const hourMs = 3_600_000;

export function lastHours(now: number): Ranges {
  return { a_from: now - 2 * hourMs, a_to: now - hourMs, b_from: now - hourMs, b_to: now };
}

/** Since midnight, and yesterday up to the same time of day. */
function days(now: number): Ranges {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const dayBefore = (ms: number) => {
    const date = new Date(ms);
    return date.setDate(date.getDate() - 1);
  };
  return { a_from: dayBefore(midnight), a_to: dayBefore(now), b_from: midnight, b_to: now };
}

/** What the address asks for; nothing unless it names all four. */
export function asked(from: URLSearchParams): Ranges | undefined {
  const [a_from, a_to, b_from, b_to] = names.map((name) => fromQuery(from, name));
  if (a_from === undefined || a_to === undefined || b_from === undefined || b_to === undefined) return undefined;
  return { a_from, a_to, b_from, b_to };
}

function open(service: string, ranges: Ranges): void {
  go(logsLink(service, "compare", Object.fromEntries(names.map((name) => [name, String(ranges[name])]))));
}

function Moment({ name, label, ms }: { name: string; label: string; ms: number }) {
  return (
    <label>
      {label} <input type="datetime-local" name={name} required defaultValue={toInput(ms)} />
    </label>
  );
}

export function RangesForm({ service, ranges }: { service: string; ranges: Ranges }) {
  const texts = lt.value;
  const { key, sent } = useFormKey();
  const wrong = useSignal(false);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [a_from = 0, a_to = 0, b_from = 0, b_to = 0] = names.map((name) => fromInput(String(form.get(name))));
    wrong.value = !(a_from < a_to && b_from < b_to);
    if (wrong.value) return;
    open(service, { a_from, a_to, b_from, b_to });
    sent();
  };
  return (
    <>
      <p class="buttons">
        <button type="button" onClick={() => open(service, lastHours(Date.now()))}>
          {texts.presets.hour}
        </button>
        <button type="button" onClick={() => open(service, days(Date.now()))}>
          {texts.presets.day}
        </button>
      </p>
      <form class="card ranges" onSubmit={send} key={key}>
        <fieldset>
          <legend>{texts.before}</legend>
          <Moment name="a_from" label={texts.from} ms={ranges.a_from} />{" "}
          <Moment name="a_to" label={texts.to} ms={ranges.a_to} />
        </fieldset>
        <fieldset>
          <legend>{texts.after}</legend>
          <Moment name="b_from" label={texts.from} ms={ranges.b_from} />{" "}
          <Moment name="b_to" label={texts.to} ms={ranges.b_to} />
        </fieldset>
        {wrong.value && <p role="alert">{texts.badRange}</p>}
        <button>{texts.compare}</button>
      </form>
    </>
  );
}
