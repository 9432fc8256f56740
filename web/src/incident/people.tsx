// What people do to an incident: take it, say how it stands, write into it, merge it.
import { useSignal } from "@preact/signals";
import { incidents, type IncidentDetail, type IncidentEdit } from "./ask";
import { it } from "./texts";

type What = IncidentEdit["what"];

/** What its state allows. */
const steps: Record<IncidentDetail["state"], What[]> = {
  open: ["acknowledge", "mitigate", "resolve"],
  acknowledged: ["mitigate", "resolve"],
  mitigated: ["resolve"],
  resolved: ["close", "reopen"],
  closed: ["reopen"],
};

function Field(props: { label: string; button: string; name: string; numeric?: boolean; size: number; onSend: (value: string) => Promise<boolean> }) {
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    if (await props.onSend(String(new FormData(form).get(props.name) ?? "").trim())) form.reset();
  };
  return (
    <form class="decide" aria-label={props.label} onSubmit={(event) => void send(event)}>
      <label>
        {props.label} <input name={props.name} pattern={props.numeric ? "[0-9]+" : undefined} required maxLength={2000} size={props.size} />
      </label>
      <button>{props.button}</button>
    </form>
  );
}

export function People({ incident, onDone }: { incident: IncidentDetail; onDone: () => void }) {
  const texts = it.value;
  const told = useSignal("");
  const send = async (edit: IncidentEdit) => {
    try {
      await incidents.edit(incident.id, edit);
      told.value = texts.saved;
      onDone();
      return true;
    } catch (error) {
      told.value = `${texts.notSaved} ${error instanceof Error ? error.message : String(error)}`;
      return false;
    }
  };
  const names: Partial<Record<What, string>> = {
    acknowledge: texts.acknowledge,
    mitigate: texts.mitigate,
    resolve: texts.resolve,
    close: texts.close,
    reopen: texts.reopen,
  };
  return (
    <section class="card" aria-labelledby="people">
      <h2 id="people">{texts.people}</h2>
      <p class="buttons">
        {steps[incident.state].map((what) => (
          <button type="button" key={what} onClick={() => void send({ what })}>
            {names[what]}
          </button>
        ))}
      </p>
      <Field label={texts.note} button={texts.addNote} name="note" size={60} onSend={(text) => send({ what: "note", text })} />
      <Field label={texts.takeCommand} button={texts.setCommander} name="person" size={20} onSend={(text) => send({ what: "role", role: "commander", text })} />
      <Field label={texts.mergeInto} button={texts.merge} name="into" numeric size={6} onSend={(text) => send({ what: "merge", incident: Number(text) })} />
      <p role="status">{told.value}</p>
    </section>
  );
}
