// What happened to an SLO in its window, newest first: alerts, anomalies, releases, exclusions.
import type { SloAnnotation, SloDetail } from "../api/client";
import { dateTime, duration, minutes, percent } from "../format";
import { anomalyLink } from "../router";
import { t } from "../settings";
import { Head } from "../parts/head";
import { st } from "./texts";

const rowsMax = 100;

function What({ one, detail }: { one: SloAnnotation; detail: SloDetail }) {
  const texts = st.value;
  if (one.kind === "alert") {
    const said = String(one.fields["condition"] ?? "");
    const step = detail.policy.find((policy) => policy.condition === said);
    return <>{texts.alertText(one, step ? texts.condition(step) : said)}</>;
  }
  if (one.kind === "anomaly" || one.kind === "release") {
    return <a href={anomalyLink(one.id)}>{t.value.anomalyTitle(one.code, one.fields)}</a>;
  }
  if (one.kind === "edit") {
    return (
      <>
        {texts.edited(percent(Number(one.fields["remaining_share"] ?? 0)))}
        <div class="detail">
          <code>{String(one.fields["was"] ?? "")}</code> → <code>{String(one.fields["is"] ?? "")}</code>
        </div>
      </>
    );
  }
  const given = one.kind === "adjustment" ? `${texts.adjusted(minutes(Number(one.fields["minutes"] ?? 0)))}: ` : "";
  return (
    <>
      {given}
      {String(one.fields["reason"] ?? "")} ({String(one.fields["author"] ?? "")})
    </>
  );
}

function lasted(one: SloAnnotation): string {
  if (one.end !== null && one.end > one.time) return duration((one.end - one.time) / 1000);
  return one.kind === "adjustment" || one.kind === "edit" ? "–" : st.value.ongoing;
}

export function Annotations({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const shown = detail.annotations.slice(0, rowsMax);
  return (
    <section aria-label={texts.annotations}>
      <h2>{texts.annotations}</h2>
      {shown.length === 0 && <p class="hint">{texts.noAnnotations}</p>}
      {shown.length > 0 && (
        <div class="scroll slo-annotations" tabIndex={0} role="region" aria-label={`${texts.table}: ${texts.annotations}`}>
          <table>
            <Head columns={[texts.time, t.value.kind, texts.what, t.value.lasted]} />
            <tbody>
              {shown.map((one) => (
                <tr key={`${one.kind} ${one.time} ${one.id}`}>
                  <td>
                    <time dateTime={new Date(one.time).toISOString()}>{dateTime(one.time)}</time>
                  </td>
                  <td>{texts.kinds[one.kind]}</td>
                  <td>
                    <What one={one} detail={detail} />
                  </td>
                  <td>{lasted(one)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
