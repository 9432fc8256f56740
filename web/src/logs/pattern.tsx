// One pattern: its template, its lines over time, lines of it, and what stands in its slots.
import { useSignal } from "@preact/signals";
import type { LogPatternDetail } from "../api/client";
import { count, dateTime, percent, plain } from "../format";
import { Shown } from "../parts/loaded";
import { logsLink, query } from "../router";
import { logs, useAsked } from "./ask";
import { BarChart } from "./bars";
import { LogText, ShortText, Template } from "./log_text";
import { Badge, Severity } from "./marks";
import { fromQuery, RangeChoice } from "./range";
import { lt } from "./texts";

type Parameter = LogPatternDetail["parameters"][number];
interface Place {
  service: string;
  id: string;
}

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

function Numbers({ numbers }: { numbers: NonNullable<Parameter["numbers"]> }) {
  const texts = lt.value;
  const names = Object.keys(texts.quantiles) as (keyof typeof texts.quantiles)[];
  return (
    <dl class="facts">
      {names.map((name) => (
        <div key={name}>
          <dt>{texts.quantiles[name]}</dt>
          <dd>{plain(numbers[name], 6)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Values({ parameter, sampled, place }: { parameter: Parameter; sampled: number; place: Place }) {
  const texts = lt.value;
  const most = Math.max(1, ...parameter.top.map(([, lines]) => Number(lines)));
  return (
    <table class="values">
      <thead>
        <tr>
          <th scope="col">{texts.value}</th>
          <th scope="col">{texts.share}</th>
          <th scope="col" class="number">
            {texts.lines}
          </th>
        </tr>
      </thead>
      <tbody>
        {parameter.top.map(([value, lines]) => (
          <tr key={String(value)}>
            <td>
              <a href={logsLink(place.service, "search", { pattern: place.id, parameter: String(value) })}>
                <ShortText text={String(value)} />
              </a>
            </td>
            <td>
              <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(Number(lines) / most) * 100} height="8" rx="1" />
              </svg>{" "}
              {sampled > 0 && percent(Number(lines) / sampled)}
            </td>
            <td class="number">{count(Number(lines))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Parameters({ detail, place }: { detail: LogPatternDetail; place: Place }) {
  const texts = lt.value;
  if (detail.parameters.length === 0) return <p class="hint">{texts.noParameters}</p>;
  return (
    <>
      <p class="hint">{texts.parametersHint(count(detail.sampled))}</p>
      <div class="cards">
        {detail.parameters.map((one) => (
          <section class="card parameter" key={one.slot} aria-label={texts.slot(count(one.slot + 1))}>
            <h3>
              {texts.slot(count(one.slot + 1))} · {texts.distinct(count(one.distinct))}
              {one.numbers && ` · ${texts.numbers(count(one.numbers.count))}`}
            </h3>
            {one.numbers && <Numbers numbers={one.numbers} />}
            <Values parameter={one} sampled={detail.sampled} place={place} />
          </section>
        ))}
      </div>
    </>
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
        <Template text={detail.text} />
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
