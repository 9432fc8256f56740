// What there is most of: series by owner and by metric, values by label.
import { count } from "../format";
import { useAsked } from "../logs/ask";
import { Shown } from "../parts/loaded";
import { metrics, type NamedCount } from "./ask";
import { Owners } from "./owners";
import { mt } from "./texts";

function Top({ title, all }: { title: string; all: NamedCount[] }) {
  const texts = mt.value;
  return (
    <section class="card">
      <h2>{title}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.name}</th>
            <th scope="col" class="number">
              {texts.count}
            </th>
          </tr>
        </thead>
        <tbody>
          {all.map(({ name, value }) => (
            <tr key={name}>
              <td>
                <code>{name}</code>
              </td>
              <td class="number">{count(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function CardinalityView() {
  const texts = mt.value;
  const found = useAsked(metrics.cardinality, [], 30_000);
  return (
    <>
      <Owners />
      <Shown from={found.value}>
        {(status) => (
          <>
            <p>{texts.activeSeries(count(status.headStats.numSeries))}</p>
            <div class="cards">
              <Top title={texts.byMetric} all={status.seriesCountByMetricName} />
              <Top title={texts.byLabel} all={status.labelValueCountByLabelName} />
              <Top title={texts.byPair} all={status.seriesCountByLabelValuePair} />
            </div>
          </>
        )}
      </Shown>
    </>
  );
}
