// Lines of logs as a list: when, from where, how severe, and what was said.
import type { LogLine } from "../api/client";
import { dateTime } from "../format";
import { logsLink } from "../router";
import { LogText } from "./log_text";
import { Severity } from "./marks";
import { lt } from "./texts";

function milliseconds(ms: number): string {
  return `${dateTime(ms)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
}

function Line({ line, service }: { line: LogLine; service: string }) {
  const labels = [...Object.entries(line.stream), ...Object.entries(line.metadata)];
  return (
    <li class={line.severity}>
      <details>
        <summary>
          <time dateTime={new Date(line.time).toISOString()}>{milliseconds(line.time)}</time>
        </summary>
        <dl class="facts">
          {labels.map(([name, value], i) => (
            <div key={i}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
      <Severity severity={line.severity} />
      {!service && line.service && <a href={logsLink(line.service)}>{line.service}</a>}
      {line.pattern_id && line.pattern_name && (
        <a class="detail" href={logsLink(line.service, `patterns/${line.pattern_id}`)}>
          {line.pattern_name}
        </a>
      )}
      {line.trace_id && (
        <a class="detail" href={logsLink(service, "search", { trace: line.trace_id })}>
          {lt.value.trace} {line.trace_id.slice(0, 8)}
        </a>
      )}
      <div class="said">
        <LogText text={line.text} />
      </div>
    </li>
  );
}

/** The newest first; `id` tells lines apart. */
export function Lines(props: { lines: { id: number; line: LogLine }[]; service: string; label: string }) {
  return (
    <ol class="lines" aria-label={props.label}>
      {props.lines.map(({ id, line }) => (
        <Line line={line} service={props.service} key={id} />
      ))}
    </ol>
  );
}
