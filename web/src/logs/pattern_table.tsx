// Patterns as a table: each with its marks, its lines over time, and when it was seen.
import { useSignal } from "@preact/signals";
import type { LogPattern, LogPatternList } from "../api/client";
import { count, dateTime } from "../format";
import { logsLink } from "../router";
import { Spark } from "./bars";
import { Template } from "./log_text";
import { Badge, Severity } from "./marks";
import { lt } from "./texts";

const rowsAtOnce = 100;

/** An answer with the range that was asked for. */
export interface Ranged extends LogPatternList {
  from: number;
  to: number;
}

function Row({ pattern, list }: { pattern: LogPattern; list: Ranged }) {
  const { service, from, to } = list;
  return (
    <tr>
      <th scope="row">
        <a href={logsLink(service, `patterns/${pattern.id}`)} data-row>
          <Template text={pattern.text} name={pattern.name} />
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

export function PatternTable({ patterns, list }: { patterns: LogPattern[]; list: Ranged }) {
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
