// The report of an incident: its text to be edited, what cannot be read in it, how it looks, and its
// versions.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dateTime } from "../format";
import { useLive } from "../live";
import { incidents, type IncidentReport, type ReportError, type Sent } from "./ask";
import { it } from "./texts";

const pollMs = 5000;

/** Without the fields above it. */
const body = (text: string) => text.replace(/^---\r?\n[\s\S]*?\n---\r?\n/, "");

function Preview({ text }: { text: string }) {
  const html = useSignal("");
  useEffect(() => {
    let current = true;
    void import("../parts/markdown").then(({ toHtml }) => {
      if (current) html.value = toHtml(body(text).replace(/<!--[\s\S]*?-->/g, ""));
    });
    return () => {
      current = false;
    };
  }, [text]);
  return <article class="report" dangerouslySetInnerHTML={{ __html: html.value }} />;
}

function Errors({ title, errors }: { title: string; errors: ReportError[] }) {
  if (errors.length === 0) return null;
  return (
    <div class="notice bad" role="alert">
      <p>{title}</p>
      <ul>
        {errors.map((one) => (
          <li key={one.text}>{one.text}</li>
        ))}
      </ul>
    </div>
  );
}

function History({ report, onLook }: { report: IncidentReport; onLook: (version: number) => void }) {
  const texts = it.value;
  return (
    <details>
      <summary>{texts.history}</summary>
      <ul class="versions">
        {[...report.versions].reverse().map((one) => (
          <li key={one.version}>
            {texts.version(one.version, one.author, dateTime(one.time))}{" "}
            <button type="button" class="quiet" aria-label={`${texts.look}: ${one.version}`} onClick={() => onLook(one.version)}>
              {texts.look}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Editor({ id, report, onSaved }: { id: number; report: IncidentReport; onSaved: () => void }) {
  const texts = it.value;
  const text = useSignal(report.text);
  const base = useSignal(report.version);
  const sent = useSignal<Sent | undefined>(undefined);
  const previewed = useSignal(false);
  const lastSeen = useSignal(report.text);
  const touched = text.value !== report.text;
  // What nobody touched here follows what others write.
  useEffect(() => {
    if (base.value === report.newest || text.value !== lastSeen.value) return;
    text.value = lastSeen.value = report.text;
    base.value = report.newest;
  }, [report.newest]);
  const load = async (version?: number) => {
    const other = version === undefined ? await incidents.report(id) : await incidents.version(id, version);
    text.value = other.text;
    base.value = other.newest;
    lastSeen.value = version === undefined ? other.text : "";
    sent.value = undefined;
  };
  const save = async () => {
    sent.value = await incidents.save(id, text.value, base.value);
    if (sent.value.status !== 200) return;
    lastSeen.value = text.value;
    base.value += 1;
    onSaved();
  };
  const refused = sent.value !== undefined && sent.value.status !== 200 ? sent.value : undefined;
  return (
    <>
      <label class="editor">
        {texts.text}
        <textarea rows={24} spellcheck value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      </label>
      <p class="buttons">
        <button type="button" disabled={!touched} onClick={() => void save()}>
          {texts.save}
        </button>
        <button type="button" class="quiet" aria-expanded={previewed.value} onClick={() => (previewed.value = !previewed.value)}>
          {texts.preview}
        </button>
        {refused?.status === 409 && (
          <button type="button" onClick={() => void load()}>
            {texts.loadNewest}
          </button>
        )}
        <span role="status">{sent.value?.status === 200 ? texts.saved : ""}</span>
      </p>
      {refused && refused.errors.length === 0 && (
        <p class="notice bad" role="alert">
          {refused.status === 409 ? texts.changed : texts.notSaved} {refused.error}
        </p>
      )}
      {refused && <Errors title={texts.errorsFound} errors={refused.errors} />}
      {previewed.value && <Preview text={text.value} />}
      <History report={report} onLook={(version) => void load(version)} />
    </>
  );
}

function Kept({ id }: { id: number }) {
  const texts = it.value;
  const loaded = useLive(() => incidents.report(id), [id], pollMs);
  const report = loaded.value.data;
  if (report === undefined) return <p aria-busy="true">…</p>;
  return (
    <>
      <p>
        {texts.reportStates[report.state]} · {texts.owner}: {report.owner || texts.nobody} · <code>{report.file}</code> {report.trouble}
      </p>
      <Errors title={texts.fileErrors} errors={report.errors} />
      <Editor id={id} report={report} onSaved={() => void incidents.report(id).then((data) => (loaded.value = { ...loaded.value, data }))} />
    </>
  );
}

export function ReportCard({ id, drafted }: { id: number; drafted: boolean }) {
  return (
    <section class="card" aria-labelledby="report">
      <h2 id="report">{it.value.editor}</h2>
      {drafted ? <Kept id={id} /> : <p class="hint">{it.value.noReport}</p>}
    </section>
  );
}
