// One anomaly: why it is one, what left which band, what it costs and on what that rests, what was
// decided about it, others of its kind.
import "./anomaly.css";
import type { Anomaly } from "../api/client";
import { api } from "../api/client";
import { dateTime, duration, plain } from "../format";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { logsLink, serviceLink } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";
import { ledger } from "./ask";
import { BandChart } from "./band";
import { Decide } from "./decide";
import { History, LedgerState } from "./ledger";
import { PriceCard } from "./price";
import { at } from "./texts";

type One = Anomaly["evidence"][number];

/** A band that was left, a code with a text of its own, else its fields as they are. */
function evidenceText({ code, fields }: One): string {
  const number = (name: string) => plain(Number(fields[name]), 4);
  if (fields["band_low"] !== undefined && fields["band_high"] !== undefined) {
    const what = String(fields["series"] ?? fields["query"] ?? fields["signal"] ?? "");
    return at.value.evidence.band(what, number("value"), number("band_low"), number("band_high"));
  }
  const text = t.value.evidenceText(code, fields);
  if (text !== code) return text;
  return [code, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)].join(" · ");
}

/** Where it may have begun, when that is a service of the catalog. */
function Origin({ one }: { one: One }) {
  const service = String(one.fields["service"] ?? "");
  if (one.code !== "origin" || one.fields["of_catalog"] !== 1 || service === "") return null;
  return (
    <>
      {" "}
      <a href={serviceLink(service)}>{service}</a>
    </>
  );
}

function Evidence({ anomaly }: { anomaly: Anomaly }) {
  return (
    <section class="card" aria-labelledby="evidence">
      <h2 id="evidence">{t.value.evidence}</h2>
      <ol class="evidence">
        {anomaly.evidence.map((one, i) => (
          <li key={i}>
            <time dateTime={new Date(one.time).toISOString()}>{dateTime(one.time)}</time>
            {one.code === "line" ? (
              <pre tabIndex={0}>
                <code>{evidenceText(one)}</code>
              </pre>
            ) : (
              <p>
                {evidenceText(one)}
                <Origin one={one} />
              </p>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Details({ anomaly }: { anomaly: Anomaly }) {
  const texts = t.value;
  const shown = Object.entries(texts.details).filter(([name]) => (anomaly.fields[name] ?? "") !== "");
  return (
    <dl class="facts">
      <div>
        <dt>{texts.kind}</dt>
        <dd>
          <code>{anomaly.kind}</code>
        </dd>
      </div>
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

function Head({ anomaly }: { anomaly: Anomaly }) {
  const texts = t.value;
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.anomalyTitle(anomaly.code, anomaly.fields)}</h1>
        <span class="tile">{texts.anomalyStates[anomaly.state]}</span>
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
      <LedgerState anomaly={anomaly} />
    </>
  );
}

export function AnomalyDetail({ id }: { id: string }) {
  const texts = t.value;
  // The judge takes a decision in at once and says so: what is shown follows without asking here.
  const loaded = useLive(() => api.anomaly(id), [id]);
  const history = useLive(() => ledger.of(id), [id]);
  const seen = loaded.value.data;
  useTitle(seen ? texts.anomalyTitle(seen.code, seen.fields) : texts.anomalies);
  return (
    <Shown from={loaded.value}>
      {(anomaly) => (
        <>
          <Head anomaly={anomaly} />
          <section class="card" aria-labelledby="why">
            <h2 id="why">{texts.why}</h2>
            <p class="lead">{texts.anomalyText(anomaly.code, anomaly.fields)}</p>
            <Details anomaly={anomaly} />
          </section>
          <BandChart anomaly={anomaly} query={history.value.data?.query ?? ""} />
          <PriceCard anomaly={anomaly} told={history.value.data?.prices ?? []} />
          <Decide anomaly={anomaly} decided={history.value.data?.decided ?? {}} />
          <Evidence anomaly={anomaly} />
          {history.value.data && <History ledger={history.value.data} />}
        </>
      )}
    </Shown>
  );
}
