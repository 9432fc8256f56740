// The patterns of a service: what its lines say, how often over time, and what is unusual.
import { useSignal } from "@preact/signals";
import type { LogBadge, LogCounts, LogPattern, LogPatternList } from "../api/client";
import { count, dateTime } from "../format";
import { Shown } from "../parts/loaded";
import { logsLink } from "../router";
import { logs, useAsked } from "./ask";
import { BarChart, Spark } from "./bars";
import { Template } from "./log_text";
import { Badge, Severity } from "./marks";
import { RangeChoice } from "./range";
import { lt } from "./texts";

const againMs = 30_000;
const rowsAtOnce = 100;

type BadgeFilter = LogBadge | "" | "marked";
interface Ranged extends LogPatternList {
  from: number;
  to: number;
}

function fits(pattern: LogPattern, text: string, badge: BadgeFilter): boolean {
  const wanted = text.toLowerCase();
  const holds = (one: string) => one.toLowerCase().includes(wanted);
  if (wanted && !holds(pattern.text) && !holds(pattern.example)) return false;
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

function Row({ pattern, list }: { pattern: LogPattern; list: Ranged }) {
  const { service, from, to } = list;
  return (
    <tr>
      <th scope="row">
        <a href={logsLink(service, `patterns/${pattern.id}`)} data-row>
          <Template text={pattern.text} />
        </a>
        <div class="detail marks">
          {pattern.badges.map((badge) => (
            <Badge badge={badge} key={badge} />
          ))}
          <Severity severity={pattern.severity} />
        </div>
      </th>
      <td>
        <Spark counts={pattern.counts} from={from} to={to} />
      </td>
      <td class="number">{count(pattern.lines)}</td>
      <td class="detail">{dateTime(pattern.first_seen)}</td>
      <td class="detail">{dateTime(pattern.last_seen)}</td>
    </tr>
  );
}

function Table({ patterns, list }: { patterns: LogPattern[]; list: Ranged }) {
  const texts = lt.value;
  const rows = useSignal(rowsAtOnce);
  if (patterns.length === 0) return <p class="hint">{texts.noPatterns}</p>;
  const left = patterns.length - rows.value;
  return (
    <>
      <div class="scroll">
        <table class="patterns">
          <thead>
            <tr>
              <th scope="col">{texts.pattern}</th>
              <th scope="col">{texts.overTime}</th>
              <th scope="col" class="number">{texts.lines}</th>
              <th scope="col">{texts.firstSeen}</th>
              <th scope="col">{texts.lastSeen}</th>
            </tr>
          </thead>
          <tbody>
            {patterns.slice(0, rows.value).map((pattern) => (
              <Row pattern={pattern} list={list} key={pattern.id} />
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && (
        <button type="button" onClick={() => (rows.value += rowsAtOnce)}>
          {texts.more(count(Math.min(left, rowsAtOnce)))}
        </button>
      )}
    </>
  );
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
      <Table patterns={shown} list={list} />
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
