// What is asked of the metrics: a query, a range, how it is shown. It begins as the address has it.
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { fromInput, toInput } from "../logs/range";
import { Editor } from "./editor";
import { mt } from "./texts";

export interface Asked {
  text: string;
  seconds: number;
  /** NaN for now */
  endMs: number;
  step: number;
  table: boolean;
}

export function askedBy(at: URLSearchParams): Asked {
  return {
    text: at.get("q") ?? "",
    seconds: Number(at.get("range")) || 3600,
    endMs: at.has("end") ? Number(at.get("end")) : NaN,
    step: Number(at.get("step")) || 0,
    table: at.get("as") === "table",
  };
}

/** The form's fields as the address has them. */
function wantedBy(query: string, form: FormData): Record<string, string> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const end = fromInput(text("end"));
  return {
    q: query.trim(),
    range: text("range") === "3600" ? "" : text("range"),
    end: Number.isNaN(end) ? "" : String(end),
    step: text("step"),
    as: text("as") === "table" ? "table" : "",
  };
}

export function ExploreForm(props: {
  asked: Asked;
  written: Signal<string>;
  failed: boolean;
  running: boolean;
  onSend: (wanted: Record<string, string>) => void;
}) {
  const texts = mt.value;
  const { asked } = props;
  const self = useRef<HTMLFormElement>(null);
  const submit = () => self.current?.requestSubmit();
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    props.onSend(wantedBy(props.written.value, new FormData(event.currentTarget as HTMLFormElement)));
  };
  return (
    <form ref={self} class="card explore" onSubmit={send}>
      <Editor
        value={props.written.value}
        invalid={props.failed}
        onInput={(text) => (props.written.value = text)}
        onRun={submit}
      />
      <p class="hint" id="promql-hint">
        {texts.queryHint}
      </p>
      <p class="buttons">
        <label>
          {texts.range}{" "}
          <select name="range" value={String(asked.seconds)} onChange={submit}>
            {Object.entries(texts.ranges).map(([seconds, text]) => (
              <option value={seconds} key={seconds}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.end}{" "}
          <input
            type="datetime-local"
            name="end"
            title={texts.now}
            defaultValue={Number.isNaN(asked.endMs) ? "" : toInput(asked.endMs)}
          />
        </label>
        <label>
          {texts.step}{" "}
          <select name="step" value={asked.step ? String(asked.step) : ""} onChange={submit}>
            <option value="">{texts.automatic}</option>
            {[5, 15, 60, 300, 3600].map((step) => (
              <option value={step} key={step}>
                {step} s
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.shown}{" "}
          <select name="as" value={asked.table ? "table" : "graph"} onChange={submit}>
            <option value="graph">{texts.kinds.graph}</option>
            <option value="table">{texts.kinds.table}</option>
          </select>
        </label>
        <button>{props.running ? texts.running : texts.run}</button>
      </p>
    </form>
  );
}
