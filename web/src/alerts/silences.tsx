// Silences: those that hold, those to come, those that are over; a new one; the end of one.
import { useSignal } from "@preact/signals";
import { dateTime, duration } from "../format";
import { refresh, useLive } from "../live";
import { Head } from "../parts/head";
import { Shown } from "../parts/loaded";
import { query } from "../router";
import { alerts, type ListedAlert, type Silence } from "./ask";
import { askedMatchers, matcherText } from "./matchers";
import { SilenceForm } from "./silence_form";
import { al } from "./texts";

const pollMs = 5000;
const expiredMax = 100;
const ms = (text: string) => new Date(text).getTime();

function Row({ silence, count, onExpire }: { silence: Silence; count: number; onExpire: (id: string) => void }) {
  const texts = al.value;
  const { state } = silence.status;
  const text = silence.matchers.map(matcherText).join(", ");
  return (
    <tr>
      <td>
        <code>{text}</code>
        {state === "active" && <div class="detail">{texts.silencesNow(count)}</div>}
      </td>
      <td>{dateTime(ms(silence.startsAt))}</td>
      <td>
        {dateTime(ms(silence.endsAt))}
        {state === "active" && <div class="detail">{texts.left(duration((ms(silence.endsAt) - Date.now()) / 1000))}</div>}
      </td>
      <td>{silence.comment}</td>
      <td>{silence.createdBy}</td>
      <td>
        {state !== "expired" && (
          <button type="button" aria-label={texts.expireOf(text)} onClick={() => onExpire(silence.id)}>
            {texts.expire}
          </button>
        )}
      </td>
    </tr>
  );
}

interface TableProps {
  title: string;
  silences: Silence[];
  silenced: ListedAlert[];
  onExpire: (id: string) => void;
}

function Table({ title, silences, silenced, onExpire }: TableProps) {
  const texts = al.value;
  const count = (id: string) => silenced.filter((one) => one.status.silencedBy.includes(id)).length;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table>
        <Head columns={[texts.matchers, texts.begins, texts.ends, texts.comment, texts.by]} buttons />
        <tbody>
          {silences.map((one) => (
            <Row silence={one} count={count(one.id)} onExpire={onExpire} key={one.id} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Lists({ silences, silenced, onExpire }: Omit<TableProps, "title">) {
  const texts = al.value;
  const of = (state: Silence["status"]["state"]) => silences.filter((one) => one.status.state === state);
  const [active, pending, expired] = [of("active"), of("pending"), of("expired")];
  const table = (title: string, list: Silence[]) => <Table title={title} silences={list} silenced={silenced} onExpire={onExpire} />;
  return (
    <>
      <section>
        <h2>{texts.active}</h2>
        {active.length === 0 ? <p class="hint">{texts.noSilences}</p> : table(texts.active, active)}
      </section>
      {pending.length > 0 && (
        <section>
          <h2>{texts.pending}</h2>
          {table(texts.pending, pending)}
        </section>
      )}
      {expired.length > 0 && (
        <section>
          <details>
            <summary>{texts.expired(expired.length)}</summary>
            {table(texts.expiredTitle, expired.slice(0, expiredMax))}
          </details>
        </section>
      )}
    </>
  );
}

export function Silences() {
  const texts = al.value;
  const asked = askedMatchers(query.value);
  const form = useSignal(asked.length > 0);
  const told = useSignal("");
  const silences = useLive(alerts.silences, [], pollMs);
  const silenced = useLive(alerts.silenced, [], pollMs);
  const expire = async (id: string) => {
    try {
      await alerts.expire(id);
      told.value = texts.expiredNow;
      refresh();
    } catch (error) {
      told.value = `${texts.notDone} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  return (
    <>
      <p class="buttons">
        <button type="button" aria-expanded={form.value} onClick={() => (form.value = !form.value)}>
          {texts.newSilence}
        </button>
        <span role="status">{told.value}</span>
      </p>
      {form.value && (
        <SilenceForm
          asked={asked}
          onCancel={() => (form.value = false)}
          onDone={() => {
            form.value = false;
            told.value = texts.silenced;
            refresh();
          }}
        />
      )}
      <Shown from={silences.value}>
        {(list) => <Lists silences={list} silenced={silenced.value.data ?? []} onExpire={(id) => void expire(id)} />}
      </Shown>
    </>
  );
}
