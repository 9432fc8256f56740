// SLOs as a table: both budgets side by side, how fast it burns, its past, its alerts.
import type { Slo } from "../api/client";
import { duration, plain } from "../format";
import { BudgetBar } from "../parts/budget";
import { serviceLink, sloLink } from "../router";
import { Badges, SloStateMark, Sparkline } from "./marks";
import { st } from "./texts";

function Burn({ slo }: { slo: Slo }) {
  const texts = st.value;
  const worst = slo.worst_burn;
  if (!worst || slo.state === "new") return <span class="hint">–</span>;
  return (
    <>
      <b>{plain(worst.burn, 2)}×</b>
      <div class="detail">
        {texts.burnOf(plain(worst.factor, 3), duration(worst.long_seconds))}
      </div>
    </>
  );
}

function Row({ slo }: { slo: Slo }) {
  const texts = st.value;
  const measured = slo.state !== "new";
  return (
    <tr class={slo.state === "paging" || slo.state === "exhausted" ? "failure" : slo.state === "burning" ? "anomaly" : ""}>
      <th scope="row">
        <a href={sloLink(slo.service, slo.name)} data-row>
          {slo.title}
        </a>
        <div class="detail">{texts.targetOver(slo.target, slo.window)}</div>
        <Badges slo={slo} />
      </th>
      <td>
        <a href={serviceLink(slo.service)}>{slo.service_title}</a>
      </td>
      <td>
        <SloStateMark state={slo.state} />
      </td>
      <td>
        {measured ? <BudgetBar budget={slo.budget} label={texts.remaining} /> : <span class="hint">{texts.states.new}</span>}
      </td>
      <td>
        <BudgetBar budget={slo.anomaly_budget} label={texts.anomalyBudget} />
        {slo.anomalies_open > 0 && <div class="detail">{texts.anomaliesOpen(slo.anomalies_open)}</div>}
      </td>
      <td>
        <Burn slo={slo} />
      </td>
      <td>
        <Sparkline values={slo.sparkline} />
      </td>
      <td>
        {slo.firing.length === 0 && (
          <span class={slo.state === "paging" ? "" : "hint"}>{slo.state === "paging" ? texts.pageEnds : "–"}</span>
        )}
        {slo.firing.map((one) => (
          <div key={one.name}>
            <b>{texts.severities[one.severity]}</b> <span class="detail">{one.name}</span>
          </div>
        ))}
      </td>
    </tr>
  );
}

export function SloTable({ list, label }: { list: Slo[]; label: string }) {
  const texts = st.value;
  const heads = [
    ...[texts.slo, texts.service, texts.state, texts.remaining, texts.anomalyBudget],
    ...[texts.burn, texts.history, texts.alerts],
  ];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${texts.slos}: ${label}`}>
      <table class="slo-board">
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col" key={head} title={head === texts.burn ? texts.burnUnits : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((slo) => (
            <Row slo={slo} key={`${slo.service}/${slo.name}`} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
