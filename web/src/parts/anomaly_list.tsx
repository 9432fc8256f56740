// Anomalies as a table: what, where, its price, since when.
import type { Anomaly } from "../api/client";
import { dateTime, duration } from "../format";
import { anomalyLink, serviceLink } from "../router";
import { t } from "../settings";
import { PriceText } from "./price";

export function AnomalyTable(props: { anomalies: Anomaly[]; withService: boolean }) {
  const texts = t.value;
  if (props.anomalies.length === 0) return <p class="hint">{texts.noAnomalies}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.anomalies}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.what}</th>
            {props.withService && <th scope="col">{texts.service}</th>}
            <th scope="col">{texts.price}</th>
            <th scope="col">{texts.began}</th>
            <th scope="col">{texts.state}</th>
            <th scope="col">{texts.lasted}</th>
          </tr>
        </thead>
        <tbody>
          {props.anomalies.map((one) => (
            <tr key={one.id} class={one.end === null ? "open" : ""}>
              <td>
                <a href={anomalyLink(one.id)} data-row>
                  {texts.anomalyTitle(one.code, one.fields)}
                </a>
                <div class="detail">{texts.anomalyText(one.code, one.fields)}</div>
              </td>
              {props.withService && (
                <td>
                  <a href={serviceLink(one.service)}>{one.service}</a>
                </td>
              )}
              <td>
                <PriceText price={one.price} />
              </td>
              <td>
                <time dateTime={new Date(one.begin).toISOString()}>{dateTime(one.begin)}</time>
              </td>
              <td>{texts.anomalyStates[one.state]}</td>
              <td>
                {one.end === null ? texts.stillOpen : duration((one.end - one.begin) / 1000)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
