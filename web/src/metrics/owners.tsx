// How many series each owner has of those it may have, whose new ones are refused, and what they are of.
import type { SeriesUse } from "../api/client";
import { count, percent } from "../format";
import { useAsked } from "../logs/ask";
import { Shown } from "../parts/loaded";
import { serviceLink } from "../router";
import { metrics } from "./ask";
import { mt } from "./texts";

/** The service, a link to it; who is none has a name for people. */
function Owner({ name }: { name: string }) {
  if (name === "") return <>{mt.value.nobody}</>;
  if (name.startsWith("(")) return <>{mt.value.otherOwners}</>;
  return <a href={serviceLink(name)}>{name}</a>;
}

function Most({ name, detail }: { name: string | undefined; detail: string }) {
  if (name === undefined) return <td>–</td>;
  return (
    <td>
      <code>{name}</code>
      <div class="detail">{detail}</div>
    </td>
  );
}

function Row({ use }: { use: SeriesUse }) {
  const texts = mt.value;
  const metric = use.metrics[0];
  const label = use.labels[0];
  return (
    <tr class={use.refused > 0 ? "failure" : ""}>
      <th scope="row">
        <Owner name={use.owner} />
      </th>
      <td class="number">{count(use.series)}</td>
      <td class="number">{use.limit > 0 ? count(use.limit) : texts.noLimit}</td>
      <td class="number">{use.limit > 0 ? percent(use.series / use.limit) : "–"}</td>
      <td class="number">{count(use.refused)}</td>
      <Most name={metric?.name} detail={texts.seriesCount(count(metric?.series ?? 0))} />
      <Most name={label?.name} detail={texts.valueCount(count(label?.values ?? 0))} />
    </tr>
  );
}

function Guilty({ use }: { use: SeriesUse }) {
  const texts = mt.value;
  const label = use.labels[0]?.name ?? "";
  const metric = use.metrics[0]?.name ?? "";
  return (
    <p role="status" class="notice bad">
      {texts.refused(use.owner || texts.nobody, count(use.limit), metric, label)}
    </p>
  );
}

export function Owners() {
  const texts = mt.value;
  const found = useAsked(metrics.owners, [], 5000);
  const heads = [texts.series, texts.limit, texts.share, texts.refusedSeries];
  return (
    <section class="card">
      <h2>{texts.byOwner}</h2>
      <Shown from={found.value}>
        {({ owners }) => (
          <>
            {owners
              .filter((use) => use.refused > 0)
              .map((use) => (
                <Guilty use={use} key={use.owner} />
              ))}
            <div class="scroll" tabIndex={0} role="region" aria-label={texts.byOwner}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{texts.owner}</th>
                    {heads.map((head) => (
                      <th scope="col" class="number" key={head}>
                        {head}
                      </th>
                    ))}
                    <th scope="col">{texts.mostSeries}</th>
                    <th scope="col">{texts.mostValues}</th>
                  </tr>
                </thead>
                <tbody>
                  {owners.map((use) => (
                    <Row use={use} key={use.owner} />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </Shown>
    </section>
  );
}
