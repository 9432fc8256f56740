// The patterns of a service: what its lines say, how often over time, and what is unusual.
import { useSignal } from "@preact/signals";
import type { LogBadge, LogCounts, LogPattern } from "../api/client";
import { count } from "../format";
import { Shown } from "../parts/loaded";
import { logs, useAsked } from "./ask";
import { BarChart } from "./bars";
import { PatternTable, type Ranged } from "./pattern_table";
import { RangeChoice } from "./range";
import { lt } from "./texts";

const againMs = 30_000;

type BadgeFilter = LogBadge | "" | "marked";

function fits(pattern: LogPattern, text: string, badge: BadgeFilter): boolean {
  const wanted = text.toLowerCase();
  const holds = (one: string) => one.toLowerCase().includes(wanted);
  if (wanted && !holds(pattern.name) && !holds(pattern.text) && !holds(pattern.example)) return false;
  if (badge === "") return true;
  return badge === "marked" ? pattern.badges.length > 0 : pattern.badges.includes(badge);
}

/** The counts of all patterns together. */
function together(patterns: LogPattern[]): LogCounts {
  const sums = new Map<number, number>();
  for (const { counts } of patterns) {
    for (const [time = 0, lines = 0] of counts) sums.set(time, (sums.get(time) ?? 0) + lines);
  }
  return [...sums].sort(([a], [b]) => a - b);
}

function List({ list }: { list: Ranged }) {
  const texts = lt.value;
  const text = useSignal("");
  const badge = useSignal<BadgeFilter>("");
  const shown = list.patterns.filter((one) => fits(one, text.value, badge.value));
  const badges = Object.entries(texts.badges) as [LogBadge, string][];
  return (
    <>
      <BarChart counts={together(shown)} from={list.from} to={list.to} name={texts.overTime} />
      <p class="buttons">
        <label>
          {texts.filterText}{" "}
          <input type="search" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
        </label>
        <label>
          {texts.badge}{" "}
          <select value={badge.value} onChange={(event) => (badge.value = event.currentTarget.value as BadgeFilter)}>
            <option value="">{texts.anyBadge}</option>
            <option value="marked">{texts.anyMarked}</option>
            {badges.map(([value, name]) => (
              <option value={value} key={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span class="hint" role="status">
          {texts.patternsOf(count(shown.length), count(list.patterns.length))} ·{" "}
          {texts.linesInAll(count(list.lines))}
        </span>
      </p>
      <PatternTable patterns={shown} list={list} />
      {list.other_lines > 0 && <p class="hint">{texts.otherLines(count(list.other_lines))}</p>}
    </>
  );
}

export function Patterns({ service }: { service: string }) {
  const range = useSignal(86_400);
  const load = async (signal: AbortSignal): Promise<Ranged> => {
    const to = Date.now();
    const from = to - range.value * 1000;
    return { ...(await logs.patterns({ service, from, to }, signal)), from, to };
  };
  const loaded = useAsked(load, [service, range.value], againMs);
  return (
    <>
      <p class="buttons">
        <RangeChoice seconds={range.value} onChoose={(seconds) => (range.value = seconds)} />
      </p>
      <Shown from={loaded.value}>{(list) => <List list={list} />}</Shown>
    </>
  );
}
