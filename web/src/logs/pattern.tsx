// One pattern: its template, its lines over time, lines of it, and what stands in its slots.
import { useSignal } from "@preact/signals";
import type { LogPatternDetail } from "../api/client";
import { count, dateTime } from "../format";
import { Shown } from "../parts/loaded";
import { logsLink, query } from "../router";
import { logs, useAsked } from "./ask";
import { BarChart } from "./bars";
import { LogText, Template } from "./log_text";
import { Badge, Severity } from "./marks";
import { Parameters, type Place } from "./parameters";
import { fromQuery, RangeChoice } from "./range";
import { lt } from "./texts";

function Examples({ examples }: { examples: LogPatternDetail["examples"] }) {
  const texts = lt.value;
  if (examples.length === 0) return <p class="hint">{texts.none}</p>;
  return (
    <ol class="lines" aria-label={texts.examples}>
      {examples.map((example, i) => (
        <li key={`${example.time} ${i}`}>
          <time dateTime={new Date(example.time).toISOString()}>{dateTime(example.time)}</time>{" "}
          <LogText text={example.text} slots={example.slots} />
        </li>
      ))}
    </ol>
  );
}

function Detail(props: { detail: LogPatternDetail; from: number; to: number; place: Place }) {
  const texts = lt.value;
  const { detail, from, to, place } = props;
  const facts: [string, string][] = [
    [texts.lines, count(detail.lines)],
    [texts.firstSeen, dateTime(detail.first_seen)],
    [texts.lastSeen, dateTime(detail.last_seen)],
    [texts.patternId, detail.id],
  ];
  return (
    <>
      <p class="lead">
        <Template text={detail.text} name={detail.name} />
      </p>
      <p class="marks">
        {detail.badges.map((badge) => (
          <Badge badge={badge} key={badge} />
        ))}
        <Severity severity={detail.severity} />
        <a href={logsLink(place.service, "search", { pattern: place.id })}>{texts.linesLike}</a>
      </p>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <BarChart counts={detail.counts} from={from} to={to} name={texts.overTime} />
      <section>
        <h2>{texts.examples}</h2>
        <Examples examples={detail.examples} />
      </section>
      <section>
        <h2>{texts.parameters}</h2>
        <Parameters detail={detail} place={place} />
      </section>
    </>
  );
}

/** The range is the address', when it has one; else so far back as is chosen. */
export function Pattern({ place }: { place: Place }) {
  const range = useSignal(86_400);
  const askedFrom = fromQuery(query.value, "from");
  const askedTo = fromQuery(query.value, "to");
  const load = async (signal: AbortSignal) => {
    const to = askedTo ?? Date.now();
    const from = askedFrom ?? to - range.value * 1000;
    const detail = await logs.pattern(place.id, { service: place.service, from, to }, signal);
    return { detail, from, to };
  };
  const loaded = useAsked(load, [place.service, place.id, range.value, askedFrom, askedTo]);
  return (
    <>
      {askedFrom === undefined && (
        <p class="buttons">
          <RangeChoice seconds={range.value} onChoose={(seconds) => (range.value = seconds)} />
        </p>
      )}
      <Shown from={loaded.value}>
        {({ detail, from, to }) => <Detail detail={detail} from={from} to={to} place={place} />}
      </Shown>
    </>
  );
}
