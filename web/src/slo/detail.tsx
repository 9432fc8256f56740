// One SLO: its budget over time, what happened, when it alerts, what was agreed.
import type { SloDetail } from "../api/client";
import { count, dateTime, duration, percent } from "../format";
import { useLive } from "../live";
import { BudgetBar } from "../parts/budget";
import { Shown } from "../parts/loaded";
import { serviceLink, slosLink } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";
import { Agreement, Changes, Policy } from "./agreed";
import { Annotations } from "./annotations";
import { slos } from "./ask";
import { Curves } from "./curves";
import { Indicator } from "./indicator";
import { Badges, SloStateMark } from "./marks";
import { Contributors, Pairs } from "./pairs";
import { Slices } from "./slices";
import { st } from "./texts";

function Facts({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { summary } = detail;
  const moment = (time: number | null) => (time === null ? texts.never : dateTime(time));
  const facts: [string, preact.ComponentChildren][] = [
    [texts.service, <a href={serviceLink(summary.service)}>{summary.service_title}</a>],
    [texts.team, <a href={slosLink("", { team: summary.team })}>{summary.team_title || texts.noOwner}</a>],
    [t.value.objective, texts.targetOver(summary.target, summary.window)],
    [texts.events, texts.goodOf(count(detail.good), count(detail.total))],
    [texts.coverage, texts.coverageOf(percent(summary.covered_share))],
    [texts.filled, percent(summary.filled_share)],
    [texts.interval, duration(detail.interval_seconds)],
    [texts.firstMeasured, moment(detail.first)],
    [texts.lastMeasured, moment(detail.measured)],
  ];
  return (
    <dl class="facts" aria-label={texts.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Budgets({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { summary } = detail;
  const changed = detail.changes.length > 0;
  return (
    <section class="cards" aria-label={texts.budget}>
      <div class="card">
        <h2>{texts.remaining}</h2>
        <BudgetBar budget={summary.budget} label={texts.remaining} />
        {changed && (
          <p class="detail">
            {texts.bothValues(percent(summary.budget.remaining_share), percent(detail.unchanged_remaining_share))}
          </p>
        )}
      </div>
      <div class="card">
        <h2>{texts.anomalyBudget}</h2>
        <BudgetBar budget={summary.anomaly_budget} label={texts.anomalyBudget} />
        <p class="detail">{t.value.anomalyBudgetHint}</p>
      </div>
    </section>
  );
}

export function Detail({ service, slo }: { service: string; slo: string }) {
  const texts = st.value;
  const loaded = useLive(() => slos.detail(service, slo), [service, slo]);
  useTitle(`${slo} · ${service}`);
  return (
    <Shown from={loaded.value}>
      {(detail) => (
        <>
          <div class="heading">
            <h1 tabIndex={-1}>
              {detail.summary.title} · {detail.summary.service_title}
            </h1>
            <SloStateMark state={detail.summary.state} />
            <Badges slo={detail.summary} />
            <a href={slosLink()}>{texts.toBoard}</a>
          </div>
          {detail.description && <p class="lead">{detail.description}</p>}
          <Facts detail={detail} />
          <Budgets detail={detail} />
          <Curves detail={detail} />
          <Slices service={service} slo={slo} />
          <Annotations detail={detail} />
          <Contributors detail={detail} />
          <Pairs detail={detail} />
          <Indicator detail={detail} />
          <Policy detail={detail} />
          <Agreement detail={detail} />
          <Changes detail={detail} />
        </>
      )}
    </Shown>
  );
}
