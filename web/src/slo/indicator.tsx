// What an SLO measures, in words and as it is written.
import type { SloDetail } from "../api/client";
import { plain } from "../format";
import { sloLink } from "../router";
import { st } from "./texts";

type Written = [name: string, lines: string[]];

/** What is written under a name, in the order that one reads it. */
function written(detail: SloDetail): Written[] {
  const texts = st.value;
  const one = detail.indicator;
  const events = (count: typeof one.good): string[] => [
    ...count.counters,
    ...count.less.map((selector) => `${texts.less} ${selector}`),
    ...(count.promql ? [count.promql] : []),
  ];
  const all: Written[] = [
    [texts.selectors.good, events(one.good)],
    [texts.selectors.bad, events(one.bad)],
    [texts.selectors.total, events(one.total)],
    [texts.selectors.histogram, one.histogram ? [one.histogram] : []],
    [texts.selectors.gauges, one.gauges],
    [texts.selectors.promql, one.promql ? [one.promql] : []],
  ];
  return all.filter(([, lines]) => lines.length > 0);
}

function Members({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { members } = detail.indicator;
  if (members.length === 0) return null;
  return (
    <>
      <h3>{texts.members}</h3>
      <ul>
        {members.map((one) => (
          <li key={`${one.service}/${one.slo}`}>
            <a href={sloLink(one.service, one.slo)}>
              {one.service} {one.slo}
            </a>{" "}
            <span class="detail">
              {texts.weight} {plain(one.weight, 4)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Indicator({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { bounds, indicator } = detail;
  const between = indicator.kind === "latency" && bounds.at_most !== null && bounds.at_most !== indicator.bound;
  return (
    <section class="card" aria-label={texts.indicator}>
      <h2>{texts.indicator}</h2>
      <p>
        {texts.indicatorText(detail)} {texts.budgeting(detail)}{" "}
        {indicator.dependency && texts.dependency(indicator.dependency)}
      </p>
      {between && (
        <p class="notice">
          {texts.bounds(`${plain(bounds.at_most ?? 0, 6)} s`, bounds.above === null ? "∞" : `${plain(bounds.above, 6)} s`)}
        </p>
      )}
      <dl class="slo-written">
        {written(detail).map(([name, lines]) => (
          <div key={name}>
            <dt>{name}</dt>
            {lines.map((line) => (
              <dd key={line}>
                <code>{line}</code>
              </dd>
            ))}
          </div>
        ))}
      </dl>
      <Members detail={detail} />
    </section>
  );
}
