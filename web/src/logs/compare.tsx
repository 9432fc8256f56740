// Two time ranges of a service's logs: which patterns are new, gone, or changed their share.
import { useSignal } from "@preact/signals";
import type { LogDiff, LogDiffItem } from "../api/client";
import { count, dateTime, percent, plain } from "../format";
import { Shown } from "../parts/loaded";
import { go, logsLink, query } from "../router";
import { logs, useAsked } from "./ask";
import { Template } from "./log_text";
import { fromInput, fromQuery, toInput } from "./range";
import { lt } from "./texts";

/** Range a, before, and range b, after; as the server calls them. */
type Ranges = Record<"a_from" | "a_to" | "b_from" | "b_to", number>;
const names = ["a_from", "a_to", "b_from", "b_to"] as const;
const hourMs = 3_600_000;

function lastHours(now: number): Ranges {
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
function asked(from: URLSearchParams): Ranges | undefined {
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
      {label} <input type="datetime-local" name={name} required value={toInput(ms)} />
    </label>
  );
}

function Form({ service, ranges }: { service: string; ranges: Ranges }) {
  const texts = lt.value;
  const wrong = useSignal(false);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [a_from = 0, a_to = 0, b_from = 0, b_to = 0] = names.map((name) => fromInput(String(form.get(name))));
    wrong.value = !(a_from < a_to && b_from < b_to);
    if (!wrong.value) open(service, { a_from, a_to, b_from, b_to });
  };
  return (
    <form class="card" onSubmit={send}>
      <p class="buttons">
        <button type="button" onClick={() => open(service, lastHours(Date.now()))}>
          {texts.presets.hour}
        </button>
        <button type="button" onClick={() => open(service, days(Date.now()))}>
          {texts.presets.day}
        </button>
      </p>
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
  );
}

interface Context {
  service: string;
  ranges: Ranges;
  diff: LogDiff;
}

function Row({ item, at }: { item: LogDiffItem; at: Context }) {
  const { ranges, diff } = at;
  const range = {
    from: String(Math.min(ranges.a_from, ranges.b_from)),
    to: String(Math.max(ranges.a_to, ranges.b_to)),
  };
  const before = item.before / Math.max(diff.lines_before, 1);
  const after = item.after / Math.max(diff.lines_after, 1);
  const times = before > 0 && after > 0 ? `×${plain(after / before, 2)}` : "–";
  return (
    <tr>
      <th scope="row">
        <a href={logsLink(at.service, `patterns/${item.id}`, range)} data-row>
          <Template text={item.text} />
        </a>
      </th>
      <td class="number">
        {count(item.before)} <span class="detail">{percent(before, 2)}</span>
      </td>
      <td class="number">
        {count(item.after)} <span class="detail">{percent(after, 2)}</span>
      </td>
      <td class="number">{times}</td>
      <td class="number">{plain(item.g, 3)}</td>
      <td class="number">{item.p < 0.0001 ? `< ${plain(0.0001)}` : plain(item.p, 2)}</td>
    </tr>
  );
}

function Table({ title, items, at }: { title: string; items: LogDiffItem[]; at: Context }) {
  const texts = lt.value;
  const heads = [texts.linesBefore, texts.linesAfter, texts.times, texts.statistic, texts.chance];
  return (
    <section aria-label={title}>
      <h2>
        {title} <span class="hint">{count(items.length)}</span>
      </h2>
      {items.length === 0 && <p class="hint">{texts.diffNone}</p>}
      {items.length > 0 && (
        <div class="scroll">
          <table class="patterns">
            <thead>
              <tr>
                <th scope="col">{texts.pattern}</th>
                {heads.map((head) => (
                  <th scope="col" class="number" key={head}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row item={item} at={at} key={item.id} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Result({ at }: { at: Context }) {
  const texts = lt.value;
  const { diff, ranges } = at;
  return (
    <>
      <p class="hint" role="status">
        {texts.before}: {dateTime(ranges.a_from)} – {dateTime(ranges.a_to)}, {texts.linesInAll(count(diff.lines_before))}
        <br />
        {texts.after}: {dateTime(ranges.b_from)} – {dateTime(ranges.b_to)}, {texts.linesInAll(count(diff.lines_after))}
      </p>
      <Table title={texts.diffNew} items={diff.new} at={at} />
      <Table title={texts.diffGone} items={diff.gone} at={at} />
      <Table title={texts.diffChanged} items={diff.changed} at={at} />
      <p class="hint">{texts.statisticHint}</p>
    </>
  );
}

export function Compare({ service }: { service: string }) {
  const first = useSignal(lastHours(Date.now()));
  const ranges = asked(query.value) ?? first.value;
  const key = Object.values(ranges).join();
  const loaded = useAsked((signal) => logs.diff({ service, ...ranges }, signal), [service, key]);
  return (
    <>
      <p class="hint">{lt.value.compareHint}</p>
      <Form service={service} ranges={ranges} key={key} />
      <Shown from={loaded.value}>{(diff) => <Result at={{ service, ranges, diff }} />}</Shown>
    </>
  );
}
