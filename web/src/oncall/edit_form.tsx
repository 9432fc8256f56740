// Adds an override, a swap or leave; times are on the schedule's clock.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Choice } from "../parts/choice";
import { oncall, type Duty, type EditRequest, type Person } from "./ask";
import { ot } from "./texts";
import { fieldOf, momentOfField, ownZone } from "./zone";

type Kind = EditRequest["kind"];

const hourMs = 3_600_000;

function PersonField(props: { label: string; name: string; people: Person[] }) {
  return (
    <label>
      {props.label}{" "}
      <select name={props.name} required>
        {props.people.map((one) => (
          <option value={one.name} key={one.name}>
            {one.title === one.name ? one.name : `${one.title} (${one.name})`}
          </option>
        ))}
      </select>
    </label>
  );
}

function TimeField(props: { label: string; name: string; value: string }) {
  return (
    <label>
      {props.label} <input type="datetime-local" name={props.name} required defaultValue={props.value} max="2099-12-31T23:59" />
    </label>
  );
}

/** What the form says; begin and end on the wall's clock of `zone`. */
function requestOf(form: FormData, kind: Kind, schedule: string, zone: string): EditRequest {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const moment = (name: string) => {
    const ms = momentOfField(text(name), zone);
    return Number.isNaN(ms) ? text(name) : new Date(ms).toISOString();
  };
  const request: EditRequest = { kind, person: text("person"), begin: moment("begin"), end: moment("end"), reason: text("reason") };
  if (kind !== "leave") request.schedule = schedule;
  if (kind !== "swap") return request;
  request.taker = text("taker");
  if (!form.has("both")) return request;
  return { ...request, back_begin: moment("back_begin"), back_end: moment("back_end") };
}

interface Props {
  duties: Duty[];
  people: Person[];
  chosen: string;
  onDone: () => void;
  onCancel: () => void;
}

export function EditForm({ duties, people, chosen, onDone, onCancel }: Props) {
  const texts = ot.value;
  const kind = useSignal<Kind>("override");
  const schedule = useSignal(chosen);
  const both = useSignal(false);
  const failed = useSignal("");
  const form = useRef<HTMLFormElement>(null);
  // Before anything is shown: a key that is pressed at once is the form's.
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>("select")?.focus(), []);
  const zone = duties.find((one) => one.schedule === schedule.value)?.time_zone ?? ownZone();
  const hour = Math.ceil(Date.now() / hourMs) * hourMs;
  const field = (hours: number) => fieldOf(hour + hours * hourMs, zone);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await oncall.add(requestOf(new FormData(event.currentTarget as HTMLFormElement), kind.value, schedule.value, zone));
      onDone();
    } catch (error) {
      failed.value = `${texts.notSaved} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const cancel = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onCancel();
  };
  return (
    <form ref={form} class="fields card" aria-label={texts.addChange} onSubmit={(event) => void send(event)} onKeyDown={cancel}>
      <Choice label={texts.kind} value={kind.value} choices={Object.entries(texts.kinds)} onChoose={(value) => (kind.value = value as Kind)} />
      {kind.value !== "leave" && (
        <Choice
          label={texts.schedule}
          value={schedule.value}
          choices={duties.map((one): [string, string] => [one.schedule, one.title])}
          onChoose={(value) => (schedule.value = value)}
        />
      )}
      <PersonField label={texts.persons[kind.value]} name="person" people={people} />
      {kind.value === "swap" && <PersonField label={texts.taker} name="taker" people={people} />}
      <div class="times" key={zone}>
        <TimeField label={texts.from} name="begin" value={field(0)} />
        <TimeField label={texts.until} name="end" value={field(8)} />
        <span class="detail">{texts.onClock(zone)}</span>
      </div>
      {kind.value === "swap" && (
        <label>
          <input type="checkbox" name="both" checked={both.value} onChange={(event) => (both.value = event.currentTarget.checked)} /> {texts.bothWays}
        </label>
      )}
      {kind.value === "swap" && both.value && (
        <div class="times" key={`back ${zone}`}>
          <TimeField label={texts.backFrom} name="back_begin" value={field(24)} />
          <TimeField label={texts.backUntil} name="back_end" value={field(32)} />
        </div>
      )}
      <label>
        {texts.reason} <input name="reason" maxLength={300} size={40} />
      </label>
      <p class="buttons">
        <button>{texts.add}</button>
        <button type="button" class="quiet" onClick={onCancel}>
          {texts.cancel}
        </button>
      </p>
      <p role="status">{failed.value}</p>
      <p class="hint">{texts.kindHints[kind.value]}</p>
    </form>
  );
}
