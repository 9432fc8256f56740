// Two time ranges of a service's logs: which patterns are new, gone, or changed their share.
import { useSignal } from "@preact/signals";
import type { LogDiff, LogDiffItem } from "../api/client";
import { count, dateTime, percent, plain } from "../format";
import { Shown } from "../parts/loaded";
import { logsLink, query } from "../router";
import { logs, useAsked } from "./ask";
import { Template } from "./log_text";
import { asked, lastHours, RangesForm, type Ranges } from "./ranges_form";
import { lt } from "./texts";

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
  // Without lines on one side there is nothing that could have changed.
  const tested = diff.lines_before > 0 && diff.lines_after > 0;
  const chance = item.p < 0.0001 ? `< ${plain(0.0001)}` : plain(item.p, 2);
  return (
    <tr>
      <th scope="row">
        <a href={logsLink(at.service, `patterns/${item.id}`, range)} data-row>
          <Template text={item.text} name={item.name} />
        </a>
      </th>
      <td class="number">
        {count(item.before)} <span class="detail">{percent(before, 2)}</span>
      </td>
      <td class="number">
        {count(item.after)} <span class="detail">{percent(after, 2)}</span>
      </td>
      <td class="number">{times}</td>
      <td class="number">{tested ? plain(item.g, 3) : "–"}</td>
      <td class="number">{tested ? chance : "–"}</td>
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

/** The most frequent first; one of the two counts is 0. */
function byLines(items: LogDiffItem[]): LogDiffItem[] {
  return [...items].sort((a, b) => b.before + b.after - a.before - a.after);
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
      <Table title={texts.diffNew} items={byLines(diff.new)} at={at} />
      <Table title={texts.diffGone} items={byLines(diff.gone)} at={at} />
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
      <RangesForm service={service} ranges={ranges} />
      <Shown from={loaded.value}>{(diff) => <Result at={{ service, ranges, diff }} />}</Shown>
    </>
  );
}
