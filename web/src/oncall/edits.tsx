// Overrides, swaps and leave: those of files, those that people added, and what became of them.
import { useSignal } from "@preact/signals";
import { Head } from "../parts/head";
import { oncall, type Change, type Duty, type Edit, type Person } from "./ask";
import { EditForm } from "./edit_form";
import { ot } from "./texts";
import { ownZone, timeIn } from "./zone";

const pastMax = 50;

type Zones = Map<string, string>;

function times(begin: number, end: number, schedule: string, zones: Zones): string {
  const zone = zones.get(schedule) ?? ownZone();
  return `${timeIn(begin, zone)} – ${timeIn(end, zone)}`;
}

function What({ change }: { change: Change | Edit }) {
  const texts = ot.value;
  return (
    <>
      <b>{texts.kinds[change.kind]}</b> {change.kind === "swap" ? texts.swapped(change.person, change.taker) : change.person}
    </>
  );
}

function Row({ change, zones, onTakeBack }: { change: Edit | Change; zones: Zones; onTakeBack: (id: number) => void }) {
  const texts = ot.value;
  const edit = "id" in change ? change : undefined;
  const twoWays = edit !== undefined && edit.back_begin < edit.back_end;
  return (
    <tr>
      <td>
        <What change={change} />
      </td>
      <td>{change.schedule || texts.everywhere}</td>
      <td>
        {times(change.begin, change.end, change.schedule, zones)} <span class="detail">{zones.get(change.schedule) ?? ownZone()}</span>
        {twoWays && (
          <div class="detail">
            {texts.back} {times(edit.back_begin, edit.back_end, change.schedule, zones)}
          </div>
        )}
      </td>
      <td>{edit?.reason ?? ""}</td>
      <td>
        {edit === undefined ? texts.inFile : edit.author}
        {edit !== undefined && edit.removed_by !== "" && <div class="detail">{texts.takenBackBy(edit.removed_by)}</div>}
      </td>
      <td>
        {edit !== undefined && edit.removed_by === "" && edit.end > Date.now() && (
          <button type="button" aria-label={texts.takeBackOf(texts.kinds[edit.kind], edit.person, edit.id)} onClick={() => onTakeBack(edit.id)}>
            {texts.takeBack}
          </button>
        )}
      </td>
    </tr>
  );
}

function Table(props: { label: string; changes: (Edit | Change)[]; zones: Zones; onTakeBack: (id: number) => void }) {
  const texts = ot.value;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={props.label}>
      <table class="changes">
        <Head columns={[texts.change, texts.schedule, texts.times, texts.reason, texts.by]} buttons />
        <tbody>
          {props.changes.map((change, i) => (
            <Row change={change} zones={props.zones} onTakeBack={props.onTakeBack} key={"id" in change ? change.id : `file ${i}`} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Props {
  duties: Duty[];
  zones: Zones;
  people: Person[];
  changes: Change[];
  edits: Edit[];
  chosen: string;
  onChange: () => void;
}

/** When a change is over, the way back too. */
function endOf(change: Edit | Change): number {
  return "id" in change ? Math.max(change.end, change.back_end) : change.end;
}

export function Edits({ duties, zones, people, changes, edits, chosen, onChange }: Props) {
  const texts = ot.value;
  const form = useSignal(false);
  const told = useSignal("");
  const holds = (edit: Edit) => edit.removed_by === "" && endOf(edit) > Date.now();
  const current = [...changes, ...edits.filter(holds)].sort((a, b) => a.begin - b.begin);
  const past = edits.filter((edit) => !holds(edit)).reverse();
  const takeBack = async (id: number) => {
    try {
      await oncall.takeBack(id);
      told.value = texts.takenBack;
      onChange();
    } catch (error) {
      told.value = `${texts.notSaved} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const table = (label: string, list: (Edit | Change)[]) => (
    <Table label={label} changes={list} zones={zones} onTakeBack={(id) => void takeBack(id)} />
  );
  return (
    <section>
      <h2>{texts.changes}</h2>
      {current.length === 0 ? <p class="hint">{texts.noChanges}</p> : table(texts.changes, current)}
      <p class="buttons">
        <button type="button" aria-expanded={form.value} onClick={() => (form.value = !form.value)}>
          {texts.addChange}
        </button>
        <span role="status">{told.value}</span>
      </p>
      {form.value && (
        <EditForm
          duties={duties}
          people={people}
          chosen={chosen}
          onCancel={() => (form.value = false)}
          onDone={() => {
            form.value = false;
            told.value = texts.saved;
            onChange();
          }}
        />
      )}
      {past.length > 0 && (
        <details>
          <summary>{texts.past(past.length)}</summary>
          {table(texts.pastTitle, past.slice(0, pastMax))}
        </details>
      )}
    </section>
  );
}
