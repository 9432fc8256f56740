// What stood in the slots of a pattern's lines: the most frequent values, and quantiles of numbers.
import type { LogPatternDetail } from "../api/client";
import { count, percent, plain } from "../format";
import { logsLink } from "../router";
import { ShortText } from "./log_text";
import { lt } from "./texts";

type Parameter = LogPatternDetail["parameters"][number];
/** A pattern of a service. */
export interface Place {
  service: string;
  id: string;
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

export function Parameters({ detail, place }: { detail: LogPatternDetail; place: Place }) {
  const texts = lt.value;
  if (detail.parameters.length === 0) return <p class="hint">{texts.noParameters}</p>;
  return (
    <>
      <p class="hint">{texts.parametersHint(count(detail.sampled))}</p>
      <div class="cards">
        {detail.parameters.map((one) => (
          <section class="card parameter" key={one.slot} aria-label={texts.slot(count(one.slot + 1))}>
            <h3>
              {texts.slot(count(one.slot + 1))} · {texts.distinct(count(one.distinct), one.more)}
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
