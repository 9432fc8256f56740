// What was decided about an anomaly and its kind, by whom and when; others of its kind; where to look.
import type { Anomaly, AnomalyLedger, Fields, LedgerEdit } from "../api/client";
import { day, dateTime } from "../format";
import { AnomalyTable } from "../parts/anomaly_list";
import { Head } from "../parts/head";
import { at } from "./texts";

/** "end of 3 Dec" is shown as that day, not as the midnight after it. */
const untilDay = (ms: number) => day(ms - 1);

export function LedgerState({ anomaly }: { anomaly: Anomaly }) {
  const texts = at.value;
  const { ledger } = anomaly;
  const actor = texts.actors[ledger.acknowledged_by] ?? ledger.acknowledged_by;
  const lines: string[] = [];
  if (ledger.came_back !== "") {
    lines.push(texts.cameBack[ledger.came_back](ledger.last_seen === null ? "–" : dateTime(ledger.last_seen)));
  }
  if (ledger.acknowledged !== null) lines.push(texts.acknowledged(actor, dateTime(ledger.acknowledged)));
  if (ledger.expected_until !== null) {
    lines.push(texts.expectedUntil(untilDay(ledger.expected_until), ledger.expected_because));
  }
  if (ledger.fixed !== null) lines.push(texts.fixedAt(ledger.fixed_by, dateTime(ledger.fixed)));
  return (
    <ul class="ledger-state" aria-live="polite">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function State({ fields }: { fields: Fields }) {
  const texts = at.value;
  const shown = Object.entries(fields);
  if (shown.length === 0) return <span class="hint">{texts.nothing}</span>;
  return (
    <>
      {shown.map(([name, value]) => {
        const ms = name === "expected_until" || name === "fixed" ? Date.parse(String(value)) : NaN;
        return (
          <div key={name}>
            {texts.fields[name] ?? name}: {Number.isNaN(ms) ? String(value) : dateTime(ms)}
          </div>
        );
      })}
    </>
  );
}

function Edits({ edits }: { edits: LedgerEdit[] }) {
  const texts = at.value;
  if (edits.length === 0) return <p class="hint">{texts.noEdits}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.edits}>
      <table class="ledger">
        <Head columns={[texts.when, texts.who, texts.decision, texts.before, texts.after]} />
        <tbody>
          {edits.map((edit) => (
            <tr key={edit.id}>
              <td>{dateTime(edit.time)}</td>
              <td>{texts.actors[edit.actor] ?? edit.actor}</td>
              <td>{texts.edit(edit, edit.until === null ? "" : untilDay(edit.until))}</td>
              <td>
                <State fields={edit.before} />
              </td>
              <td>
                <State fields={edit.after} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function History({ ledger }: { ledger: AnomalyLedger }) {
  const texts = at.value;
  return (
    <>
      <section aria-labelledby="ledger">
        <h2 id="ledger">{texts.ledger}</h2>
        <Edits edits={ledger.edits} />
      </section>
      <section aria-labelledby="similar">
        <h2 id="similar">{texts.similar}</h2>
        {ledger.similar.length === 0 ? (
          <p class="hint">{texts.noSimilar}</p>
        ) : (
          <AnomalyTable anomalies={ledger.similar} withService={false} />
        )}
      </section>
      <section aria-labelledby="links">
        <h2 id="links">{texts.links}</h2>
        <ul>
          {ledger.links.map((link) => (
            <li key={link.path}>
              <a href={link.path} {...(link.path.startsWith("/kizashi/") ? { target: "_blank" } : {})}>
                {texts.linkNames[link.what]}
              </a>{" "}
              {link.name && <code>{link.name}</code>}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
