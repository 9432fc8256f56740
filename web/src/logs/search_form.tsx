// What a search asks for. It begins as the address has it, and goes there when it is sent.
import { count } from "../format";
import { go, logsLink, query } from "../router";
import { useFormKey } from "./form_key";
import { SeverityChoice } from "./marks";
import { fromInput, fromQuery, toInput } from "./range";
import { lt } from "./texts";

const limits = [100, 300, 1000];

function Moment({ name, label, value }: { name: string; label: string; value: number | undefined }) {
  return (
    <label>
      {label}{" "}
      <input type="datetime-local" name={name} defaultValue={value === undefined ? "" : toInput(value)} />
    </label>
  );
}

function Field({ name, label, value }: { name: string; label: string; value: string | null }) {
  return (
    <label>
      {label} <input name={name} defaultValue={value ?? ""} autocomplete="off" spellcheck={false} />
    </label>
  );
}

/** What the form asks for, as the address has it. */
function askedBy(form: FormData): Record<string, string> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const moment = (name: string) => {
    const ms = fromInput(text(name));
    return Number.isNaN(ms) ? "" : String(ms);
  };
  const said = String(form.get("text") ?? "");
  return {
    [form.has("is-regex") ? "regex" : "q"]: said,
    severity: text("severity"),
    from: moment("from"),
    to: moment("to"),
    pattern: text("pattern"),
    parameter: String(form.get("parameter") ?? ""),
    trace: text("trace"),
    limit: text("limit") === String(limits[0]) ? "" : text("limit"),
  };
}

/** `onSend` hears of a search also when the address stays the same. */
export function SearchForm({ service, onSend }: { service: string; onSend: () => void }) {
  const texts = lt.value;
  const at = query.value;
  const { key, sent } = useFormKey();
  const more = ["pattern", "parameter", "trace"].some((name) => at.has(name));
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    go(logsLink(service, "search", askedBy(new FormData(event.currentTarget as HTMLFormElement))));
    sent();
    onSend();
  };
  return (
    <form class="card" role="search" onSubmit={send} key={key}>
      <p class="buttons">
        <label class="wide">
          {texts.searchText}{" "}
          <input type="search" name="text" defaultValue={at.get("regex") ?? at.get("q") ?? ""} spellcheck={false} />
        </label>
        <label>
          <input type="checkbox" name="is-regex" defaultChecked={at.has("regex")} /> {texts.asRegex}
        </label>
        <SeverityChoice chosen={at.get("severity") ?? ""} />
        <button>{texts.search}</button>
      </p>
      <p class="buttons">
        <Moment name="from" label={texts.from} value={fromQuery(at, "from")} />
        <Moment name="to" label={texts.to} value={fromQuery(at, "to")} />
        <label>
          {texts.limit}{" "}
          <select name="limit">
            {limits.map((limit) => (
              <option value={limit} selected={String(limit) === at.get("limit")} key={limit}>
                {texts.linesMax(count(limit))}
              </option>
            ))}
          </select>
        </label>
      </p>
      <details open={more}>
        <summary>{texts.moreFields}</summary>
        <p class="buttons">
          <Field name="pattern" label={texts.patternId} value={at.get("pattern")} />
          <Field name="parameter" label={texts.parameterValue} value={at.get("parameter")} />
          <Field name="trace" label={texts.trace} value={at.get("trace")} />
        </p>
      </details>
    </form>
  );
}
