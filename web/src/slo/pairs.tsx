// When an SLO alerts, with the arithmetic in words, and who burns it.
import type { SloDetail } from "../api/client";
import { duration, percent, plain } from "../format";
import { t } from "../settings";
import { st } from "./texts";

export function Contributors({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  return (
    <section aria-label={texts.contributors}>
      <h2>{texts.contributors}</h2>
      {detail.contributors.length === 0 && <p class="hint">{texts.noContributors}</p>}
      <ul>
        {detail.contributors.map((one) => (
          <li key={`${one.label}=${one.value}`}>
            <code>
              {one.label}={one.value}
            </code>{" "}
            {texts.contributor(percent(one.share), percent(one.of_all))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Table({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const frame = t.value;
  const heads: [string, boolean][] = [
    [frame.severity, false],
    [frame.windows, false],
    [frame.factor, true],
    [frame.longBurn, true],
    [frame.shortBurn, true],
    [frame.state, false],
  ];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${texts.table}: ${texts.pairs}`}>
      <table>
        <thead>
          <tr>
            {heads.map(([head, isNumber]) => (
              <th scope="col" class={isNumber ? "number" : ""} key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {detail.pairs.map((pair) => (
            <tr class={pair.firing ? "failure" : ""} key={`${pair.severity} ${pair.long_seconds} ${pair.factor}`}>
              <td>{texts.severities[pair.severity]}</td>
              <td>
                {duration(pair.long_seconds)} / {duration(pair.short_seconds)}
              </td>
              <td class="number">{plain(pair.factor, 4)}</td>
              <td class="number">{plain(pair.long_burn, 3)}</td>
              <td class="number">{plain(pair.short_burn, 3)}</td>
              <td>{texts.pairState(pair)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Pairs({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  return (
    <section aria-label={texts.pairs}>
      <h2>{texts.pairs}</h2>
      {detail.pairs.length === 0 && <p class="hint">{texts.noPairs}</p>}
      {detail.pairs.length > 0 && <Table detail={detail} />}
      <ul class="slo-pairs">
        {detail.pairs.map((pair) => (
          <li key={`${pair.severity} ${pair.long_seconds} ${pair.factor}`}>
            <b>{texts.pairTitle(pair)}</b> ({texts.pairState(pair)})
            <div class="detail">
              {texts.pairSum(pair)} {texts.pairNeeded(pair)}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
