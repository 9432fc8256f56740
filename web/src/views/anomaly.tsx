// One anomaly: why it is one, what was seen, what it costs and on what that rests.
import type { Anomaly } from "../api/client";
import { api } from "../api/client";
import { dateTime, duration } from "../format";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { PriceScale, PriceText } from "../parts/price";
import { logsLink, serviceLink } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";

function Evidence({ anomaly }: { anomaly: Anomaly }) {
  const texts = t.value;
  return (
    <ol class="evidence">
      {anomaly.evidence.map((one, i) => (
        <li key={i}>
          <time dateTime={new Date(one.time).toISOString()}>{dateTime(one.time)}</time>
          {one.code === "line" ? (
            <pre tabIndex={0}>
              <code>{texts.evidenceText(one.code, one.fields)}</code>
            </pre>
          ) : (
            <p>{texts.evidenceText(one.code, one.fields)}</p>
          )}
        </li>
      ))}
    </ol>
  );
}

function Details({ anomaly }: { anomaly: Anomaly }) {
  const texts = t.value;
  const shown = Object.entries(texts.details).filter(([name]) => (anomaly.fields[name] ?? "") !== "");
  if (shown.length === 0) return null;
  return (
    <dl class="facts">
      {shown.map(([name, title]) => (
        <div key={name}>
          <dt>{title}</dt>
          <dd>
            <code>{String(anomaly.fields[name])}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function AnomalyView({ id }: { id: string }) {
  const texts = t.value;
  const loaded = useLive(() => api.anomaly(id), [id]);
  const seen = loaded.value.data;
  useTitle(seen ? texts.anomalyTitle(seen.code, seen.fields) : texts.anomalies);
  return (
    <Shown from={loaded.value}>
      {(anomaly) => (
        <>
          <div class="heading">
            <h1 tabIndex={-1}>{texts.anomalyTitle(anomaly.code, anomaly.fields)}</h1>
            <a href={serviceLink(anomaly.service)} data-row>
              {anomaly.service}
            </a>
            {anomaly.source === "logs" && <a href={logsLink(anomaly.service)}>{texts.nav.logs}</a>}
          </div>
          <p>
            {texts.began} {dateTime(anomaly.begin)} ·{" "}
            {anomaly.end === null
              ? texts.stillOpen
              : `${texts.lasted} ${duration((anomaly.end - anomaly.begin) / 1000)}`}
          </p>
          <section class="card" aria-labelledby="why">
            <h2 id="why">{texts.why}</h2>
            <p class="lead">{texts.anomalyText(anomaly.code, anomaly.fields)}</p>
            <Details anomaly={anomaly} />
          </section>
          <section class="card" aria-labelledby="price">
            <h2 id="price">{texts.priceTitle}</h2>
            <p class="lead">
              <PriceText price={anomaly.price} />
            </p>
            <PriceScale price={anomaly.price} />
            <p class="hint">{texts.priceHint}</p>
            <h3>{texts.restsOn}</h3>
            <ul>
              {texts.basis(anomaly.price.basis, anomaly.price.fields).map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </section>
          <section class="card" aria-labelledby="evidence">
            <h2 id="evidence">{texts.evidence}</h2>
            <Evidence anomaly={anomaly} />
          </section>
        </>
      )}
    </Shown>
  );
}
