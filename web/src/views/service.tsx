// One service: its objectives and budgets, its members, then Work and Resource apart.
import { useSignal } from "@preact/signals";
import type { Alert, ServiceDetail, SignalPoints, ServiceSlo } from "../api/client";
import { api } from "../api/client";
import { count, dateTime, duration, percent, plain, target } from "../format";
import { useLive } from "../live";
import { AnomalyTable } from "../parts/anomaly_list";
import { BudgetBar } from "../parts/budget";
import { FactList } from "../parts/facts";
import { Head } from "../parts/head";
import { lazy } from "../parts/lazy";
import { Shown } from "../parts/loaded";
import { PolicySteps } from "../parts/policy_steps";
import { SignalChart } from "../parts/signal_chart";
import { StateMark } from "../parts/state";
import { logsLink, serviceLink, sloLink } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";

const Together = lazy(
  () => import("../together/view"),
  () => "",
);

const classOrder = [
  ...["throughput", "success", "error", "performance"],
  ...["utilization", "saturation", "errors", "availability"],
];

function Facts({ detail }: { detail: ServiceDetail }) {
  const texts = t.value;
  const { summary, redundancy } = detail;
  const facts: [string, preact.ComponentChildren][] = [[texts.owner, summary.owner || texts.noOwner]];
  if (detail.developers.length > 0) facts.push([texts.developers, detail.developers.join(", ")]);
  if (summary.tier) facts.push([texts.tier, summary.tier]);
  if (detail.depends_on.length > 0) {
    facts.push([
      texts.dependsOn,
      detail.depends_on.map((name) => (
        <a href={serviceLink(name)} key={name}>
          {name}{" "}
        </a>
      )),
    ]);
  }
  if (redundancy) {
    facts.push([texts.redundancy, texts.needed(redundancy.need, redundancy.of, redundancy.by)]);
  }
  return <FactList facts={facts} />;
}

function Members({ members }: { members: ServiceDetail["members"] }) {
  const texts = t.value;
  if (members.length === 0) return null;
  return (
    <section aria-label={texts.members}>
      <h2>{texts.members}</h2>
      <ul class="members">
        {members.map((member) => (
          <li key={member.name} class={member.up ? "up" : "down"}>
            <b>{member.name}</b> {member.up ? texts.memberUp : texts.memberDown}{" "}
            <span class="detail">{texts.since(dateTime(member.since))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function BurnRates({ slo }: { slo: ServiceSlo }) {
  const texts = t.value;
  return (
    <details>
      <summary>{texts.burnRates}</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.severity}</th>
              <th scope="col">{texts.windows}</th>
              <th scope="col" class="number">{texts.factor}</th>
              <th scope="col" class="number">{texts.longBurn}</th>
              <th scope="col" class="number">{texts.shortBurn}</th>
              <th scope="col">{texts.burning}</th>
            </tr>
          </thead>
          <tbody>
            {slo.pairs.map((pair) => (
              <tr key={`${pair.severity} ${pair.long_seconds}`} class={pair.firing ? "failure" : ""}>
                <td>{texts.severities[pair.severity]}</td>
                <td>
                  {duration(pair.long_seconds)} / {duration(pair.short_seconds)}
                </td>
                <td class="number">{plain(pair.factor, 3)}</td>
                <td class="number">{plain(pair.long_burn, 3)}</td>
                <td class="number">{plain(pair.short_burn, 3)}</td>
                <td>{pair.firing ? texts.yes : texts.no}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Budgets({ detail }: { detail: ServiceDetail }) {
  const texts = t.value;
  const { summary } = detail;
  if (summary.slos.length === 0) return <p class="hint">{texts.noSlo}</p>;
  return (
    <section class="cards" aria-label={texts.objective}>
      {summary.slos.map((slo) => (
        <div class="card" key={slo.name}>
          <h2>{texts.errorBudget}</h2>
          <BudgetBar budget={slo.budget} label={texts.errorBudget} />
          <p class="detail">
            <a href={sloLink(summary.name, slo.name)}>{slo.name}</a>: {target(slo.target)} {texts.over(duration(slo.window_seconds))} ·{" "}
            {texts.goodOf(count(slo.good), count(slo.total))} · {texts.covered(percent(slo.covered_share))}
          </p>
          <BurnRates slo={slo} />
        </div>
      ))}
      <div class="card">
        <h2>{texts.anomalyBudget}</h2>
        <BudgetBar budget={summary.anomaly_budget} label={texts.anomalyBudget} />
        <p class="detail">{texts.anomalyBudgetHint}</p>
        <p class="detail">{texts.anomalyBudgetBurn(plain(summary.anomaly_budget.burn, 2))}</p>
        <PolicySteps budget={summary.anomaly_budget} />
      </div>
    </section>
  );
}

/** What an alert is about when that is not that the budget burns. */
function about(alert: Alert): string {
  return t.value.alertCodes[String(alert.fields["code"] ?? "")] ?? "";
}

function AlertTable({ alerts }: { alerts: Alert[] }) {
  const texts = t.value;
  if (alerts.length === 0) return <p class="hint">{texts.noAlerts}</p>;
  return (
    <div class="scroll">
      <table>
        <Head columns={[texts.severity, texts.state, texts.began, texts.lasted, texts.messages]} />
        <tbody>
          {alerts.map((alert) => (
            <tr key={alert.id} class={alert.state === "firing" ? "failure" : ""}>
              <td>
                {texts.severities[alert.severity]} · {alert.slo}
                {about(alert) && <div class="detail">{about(alert)}</div>}
              </td>
              <td>{alert.state === "firing" ? texts.firing : texts.resolved}</td>
              <td>{dateTime(alert.begin)}</td>
              <td>{alert.end === null ? texts.stillOpen : duration((alert.end - alert.begin) / 1000)}</td>
              <td>
                {alert.deliveries.map((one) => (
                  <div key={`${one.destination} ${one.event}`}>
                    {one.destination}: {texts[one.event]}, {texts.delivery[one.state]}
                    {one.last_error && <span class="detail"> {one.last_error}</span>}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type SignalSeries = SignalPoints["signals"][number];

/** The rule's name in words, and what tells it apart from others of the same rule. */
function signalName(series: SignalSeries): string {
  const name = t.value.signals[series.rule] ?? series.rule;
  const rest = series.id.startsWith(`${series.rule}/`) ? series.id.slice(series.rule.length + 1) : "";
  return rest ? `${name} · ${rest}` : name;
}

function Side(props: { title: string; hint: string; signals: SignalSeries[] }) {
  const texts = t.value;
  const id = `side-${props.title}`;
  const classes = classOrder.filter((one) => props.signals.some((series) => series.class === one));
  return (
    <section class="side" aria-labelledby={id}>
      <h2 id={id}>{props.title}</h2>
      <p class="hint">{props.hint}</p>
      {classes.length === 0 && <p class="hint">{texts.noSignals}</p>}
      {classes.map((one) => (
        <div key={one}>
          <h3>{texts.classes[one as keyof typeof texts.classes]}</h3>
          <div class="charts">
            {props.signals
              .filter((series) => series.class === one)
              .map((series) => (
                <SignalChart series={series} name={signalName(series)} key={series.id} />
              ))}
          </div>
        </div>
      ))}
    </section>
  );
}

function Signals({ service }: { service: string }) {
  const texts = t.value;
  const range = useSignal(900);
  const loaded = useLive(() => api.signals(service, range.value), [service, range.value]);
  return (
    <>
      <label class="range">
        {texts.range}{" "}
        <select
          value={String(range.value)}
          onChange={(event) => (range.value = Number(event.currentTarget.value))}
        >
          {Object.entries(texts.ranges).map(([seconds, text]) => (
            <option value={seconds} key={seconds}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <Shown from={loaded.value}>
        {({ signals }) => (
          <div class="sides">
            <Side
              title={texts.work}
              hint={texts.workHint}
              signals={signals.filter((series) => series.side === "work")}
            />
            <Side
              title={texts.resource}
              hint={texts.resourceHint}
              signals={signals.filter((series) => series.side === "resource")}
            />
          </div>
        )}
      </Shown>
    </>
  );
}

export function ServiceView({ name }: { name: string }) {
  const texts = t.value;
  useTitle(name);
  const loaded = useLive(() => api.service(name), [name]);
  return (
    <Shown from={loaded.value}>
      {(detail) => (
        <>
          <div class="heading">
            <h1 tabIndex={-1}>{detail.summary.title}</h1>
            <StateMark state={detail.summary.state} />
            <a href={logsLink(name)}>{texts.nav.logs}</a>
          </div>
          <Facts detail={detail} />
          <Budgets detail={detail} />
          <Members members={detail.members} />
          {detail.redundancy && (
            <Together>
              {(module) => (
                <module.TogetherCard service={name} down={detail.members.filter((member) => !member.up).length} />
              )}
            </Together>
          )}
          <section aria-label={texts.anomalies}>
            <h2>
              <a href={`/anomalies?service=${encodeURIComponent(name)}`}>{texts.anomalies}</a>
            </h2>
            <AnomalyTable anomalies={detail.anomalies} withService={false} />
          </section>
          <section aria-label={texts.alerts}>
            <h2>{texts.alerts}</h2>
            <AlertTable alerts={detail.alerts} />
          </section>
          <Signals service={name} />
        </>
      )}
    </Shown>
  );
}
