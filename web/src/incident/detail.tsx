// One incident as it goes on: who has it, what belongs to it, its timeline, its report.
import "./incident.css";
import { useEffect } from "preact/hooks";
import { clock, dateTime, duration, minutes } from "../format";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { anomalyLink, incidentLink, serviceLink } from "../router";
import { language, t } from "../settings";
import { useTitle } from "../title";
import { incidents, type IncidentDetail } from "./ask";
import { People } from "./people";
import { ReportCard } from "./report";
import { it } from "./texts";

const pollMs = 3000;

function Head({ incident }: { incident: IncidentDetail }) {
  const texts = it.value;
  const over = incident.resolved !== null || incident.closed !== null;
  const lasts = duration(((incident.resolved ?? Date.now()) - incident.begin) / 1000);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>
          #{incident.id} {incident.title}
        </h1>
        <span class={over ? "tile" : "tile failure"}>{texts.states[incident.state]}</span>
        <span class="tile">SEV{incident.severity}</span>
        {incident.service && <a href={serviceLink(incident.service)}>{incident.service}</a>}
      </div>
      {incident.merged_into > 0 && (
        <p class="notice">
          <a href={incidentLink(incident.merged_into)}>{texts.mergedInto(incident.merged_into)}</a>
        </p>
      )}
      <p>
        {t.value.began}: <time dateTime={new Date(incident.begin).toISOString()}>{dateTime(incident.begin)}</time> · {t.value.lasted}: {lasts} · {texts.openedBy}: {incident.opened_by}
        {incident.roles.map((role) => ` · ${role.role === "commander" ? texts.commander : role.role}: ${role.person}`)}
      </p>
    </>
  );
}

function Related({ incident }: { incident: IncidentDetail }) {
  const texts = it.value;
  return (
    <div class="cards">
      <section class="card" aria-labelledby="alerts">
        <h2 id="alerts">{texts.alerts}</h2>
        {incident.alerts.length === 0 && <p class="hint">{texts.noAlerts}</p>}
        <ul>
          {incident.alerts.map((alert) => (
            <li key={alert.id}>
              {alert.service} {alert.name}: {dateTime(alert.begin)} – {alert.end === null ? texts.ongoing : clock(alert.end)}
            </li>
          ))}
        </ul>
      </section>
      <section class="card" aria-labelledby="anomalies">
        <h2 id="anomalies">{texts.anomalies}</h2>
        {incident.anomalies.length === 0 && <p class="hint">{texts.noAnomalies}</p>}
        <ul>
          {incident.anomalies.map((anomaly) => (
            <li key={anomaly.id}>
              {clock(anomaly.begin)} <a href={anomalyLink(anomaly.id)}>{anomaly.text}</a> ({minutes(anomaly.price_minutes)})
            </li>
          ))}
        </ul>
      </section>
      {incident.links.length > 0 && (
        <section class="card" aria-labelledby="links">
          <h2 id="links">{texts.links}</h2>
          <ul>
            {incident.links.map((link) => (
              <li key={link.id}>
                <a href={incidentLink(link.id)}>
                  #{link.id} {link.title}
                </a>{" "}
                ({texts.relations[link.relation]}, {texts.states[link.state] ?? link.state})
              </li>
            ))}
          </ul>
        </section>
      )}
      {incident.similar.length > 0 && (
        <section class="card" aria-labelledby="similar">
          <h2 id="similar">{texts.similar}</h2>
          <ul>
            {incident.similar.map((one) => (
              <li key={one.id}>
                <a href={incidentLink(one.id)}>
                  #{one.id} {one.title}
                </a>{" "}
                {dateTime(one.begin)}: {one.reasons.map((reason) => reason.text).join(language.value === "ja" ? "、" : ", ")}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Timeline({ incident }: { incident: IncidentDetail }) {
  const texts = it.value;
  // The address may name a line, which is there only now.
  useEffect(() => {
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, [incident.id]);
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">{texts.timeline}</h2>
      <ol class="timeline">
        {incident.timeline.map((line) => (
          <li id={`${line.what}-${line.id}`} key={`${line.what} ${line.id} ${line.from}`} class={line.actor && line.actor !== "kizashi" ? "person" : ""}>
            <time dateTime={new Date(line.time).toISOString()}>{dateTime(line.time)}</time> {line.text}{" "}
            <code class="hint">
              {line.what} {line.id}
            </code>
          </li>
        ))}
      </ol>
      {incident.left_out > 0 && <p class="hint">{texts.leftOut(incident.left_out)}</p>}
    </section>
  );
}

export function IncidentPage({ id }: { id: number }) {
  const loaded = useLive(() => incidents.one(id, language.value), [id, language.value], pollMs);
  const seen = loaded.value.data;
  useTitle(seen ? `#${seen.id} ${seen.title}` : it.value.title);
  return (
    <Shown from={loaded.value}>
      {(incident) => (
        <>
          <Head incident={incident} />
          {incident.merged_into === 0 && <People incident={incident} onDone={() => void incidents.one(id, language.value).then((data) => (loaded.value = { ...loaded.value, data }))} />}
          <Related incident={incident} />
          <Timeline incident={incident} />
          {incident.merged_into === 0 && <ReportCard id={id} drafted={incident.report_state !== ""} />}
        </>
      )}
    </Shown>
  );
}
