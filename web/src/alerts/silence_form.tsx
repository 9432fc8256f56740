// A new silence: which labels, for how long, why; beside it what it would silence now.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { author } from "../parts/author";
import { Choice } from "../parts/choice";
import { alerts } from "./ask";
import { matcherOf, operatorOf, operators, type Matcher, type Operator } from "./matchers";
import { SilencePreview } from "./silence_preview";
import { al } from "./texts";

const minuteMs = 60_000;
const lastings = [30, 60, 120, 240, 480, 1440, 4320, 10_080];

const empty: Matcher = matcherOf("", "=", "");

function MatcherRow(props: { number: number; matcher: Matcher; onChange: (matcher: Matcher) => void; onRemove?: () => void }) {
  const texts = al.value;
  const { matcher, number } = props;
  const operator = operatorOf(matcher);
  return (
    <div class="fields" role="group" aria-label={texts.matcher(number)}>
      <label>
        {texts.label} <input required maxLength={1000} size={14} value={matcher.name} onInput={(event) => props.onChange({ ...matcher, name: event.currentTarget.value.trim() })} />
      </label>
      <Choice
        label={texts.operator}
        value={operator}
        choices={operators.map((one): [string, string] => [one, `${one} ${texts.operators[one]}`])}
        onChoose={(chosen) => props.onChange(matcherOf(matcher.name, chosen as Operator, matcher.value))}
      />
      <label>
        {texts.value} <input maxLength={4000} size={24} value={matcher.value} onInput={(event) => props.onChange({ ...matcher, value: event.currentTarget.value })} />
      </label>
      {props.onRemove && (
        <button type="button" class="quiet" aria-label={texts.removeMatcher(number)} onClick={props.onRemove}>
          ×
        </button>
      )}
    </div>
  );
}

function Matchers({ matchers }: { matchers: Signal<Matcher[]> }) {
  const texts = al.value;
  return (
    <>
      {matchers.value.map((matcher, i) => (
        <MatcherRow
          number={i + 1}
          matcher={matcher}
          onChange={(changed) => (matchers.value = matchers.value.map((one, at) => (at === i ? changed : one)))}
          onRemove={matchers.value.length > 1 ? () => (matchers.value = matchers.value.filter((_, at) => at !== i)) : undefined}
          key={i}
        />
      ))}
      <button type="button" class="small" onClick={() => (matchers.value = [...matchers.value, empty])}>
        {texts.addMatcher}
      </button>
    </>
  );
}

/** Begin and end; a begin that is not given is now. */
function timesOf(form: FormData): { startsAt: string; endsAt: string } {
  const begin = String(form.get("begin") ?? "");
  const from = begin ? new Date(begin).getTime() : Date.now();
  return {
    startsAt: new Date(from).toISOString(),
    endsAt: new Date(from + Number(form.get("lasts")) * minuteMs).toISOString(),
  };
}

export function SilenceForm({ asked, onDone, onCancel }: { asked: Matcher[]; onDone: () => void; onCancel: () => void }) {
  const texts = al.value;
  const matchers = useSignal<Matcher[]>(asked.length > 0 ? asked : [empty]);
  const settled = useSignal(matchers.value);
  const failed = useSignal("");
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>(asked.length > 0 ? "[name=comment]" : "input")?.focus(), []);
  // What it silences is asked once somebody stops typing.
  useEffect(() => {
    const timer = setTimeout(() => (settled.value = matchers.value), 300);
    return () => clearTimeout(timer);
  }, [matchers.value]);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    author.value = String(fields.get("author") ?? "").trim();
    try {
      await alerts.silence({ matchers: matchers.value, comment: String(fields.get("comment")).trim(), createdBy: author.value, ...timesOf(fields) });
      onDone();
    } catch (error) {
      failed.value = `${texts.notDone} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const cancel = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onCancel();
  };
  return (
    <form ref={form} class="card silence" aria-label={texts.newSilence} onSubmit={(event) => void send(event)} onKeyDown={cancel}>
      <Matchers matchers={matchers} />
      <div class="fields">
        <label>
          {texts.lasts}{" "}
          <select name="lasts">
            {lastings.map((minutes) => (
              <option value={minutes} selected={minutes === 120} key={minutes}>
                {texts.lastings(minutes)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.begins} <input type="datetime-local" name="begin" max="2099-12-31T23:59" /> <span class="detail">{texts.emptyIsNow}</span>
        </label>
      </div>
      <div class="fields">
        <label>
          {texts.comment} <input name="comment" required maxLength={1000} size={40} />
        </label>
        <label>
          {texts.author} <input name="author" required maxLength={200} size={16} defaultValue={author.value} />
        </label>
      </div>
      <SilencePreview matchers={settled.value.filter((one) => one.name !== "")} />
      <p class="buttons">
        <button>{texts.silenceNow}</button>
        <button type="button" class="quiet" onClick={onCancel}>
          {texts.cancel}
        </button>
        <span role="alert">{failed.value}</span>
      </p>
    </form>
  );
}
