// The board: every team's services with both budgets side by side, and what nobody claims.
import type { Board, CatalogState, ServiceSummary, State } from "../api/client";
import { api } from "../api/client";
import { Head } from "../parts/head";
import { useTitle } from "../title";
import { count, duration, plain, target } from "../format";
import { useLive } from "../live";
import { BudgetBar } from "../parts/budget";
import { Shown } from "../parts/loaded";
import { PolicySteps } from "../parts/policy_steps";
import { StateMark } from "../parts/state";
import { serviceLink } from "../router";
import { t } from "../settings";

const urgency: Record<State, number> = { failure: 0, anomaly: 1, unknown: 2, ok: 3 };

/** What hurts comes first; within that, by name. */
function byUrgency(a: ServiceSummary, b: ServiceSummary): number {
  return urgency[a.state] - urgency[b.state] || a.title.localeCompare(b.title);
}

function ServiceRow({ service }: { service: ServiceSummary }) {
  const texts = t.value;
  const slo = service.slos[0];
  const parts: string[] = [];
  if (service.pages_open > 0) parts.push(texts.openPages(service.pages_open));
  if (service.anomalies_open > 0) parts.push(texts.openAnomalies(service.anomalies_open));
  return (
    <tr class={service.state}>
      <td class="state-cell">
        <StateMark state={service.state} />
      </td>
      <th scope="row">
        <a href={serviceLink(service.name)} data-row>
          {service.title}
        </a>
        {slo && (
          <div class="detail">
            {target(slo.target)} {texts.over(duration(slo.window_seconds))}
          </div>
        )}
      </th>
      <td class="budget-cell">
        {slo ? <BudgetBar budget={slo.budget} label={texts.errorBudget} /> : <span class="hint">{texts.noSlo}</span>}
      </td>
      <td class="budget-cell">
        {slo && <BudgetBar budget={service.anomaly_budget} label={texts.anomalyBudget} />}
        <PolicySteps budget={service.anomaly_budget} />
      </td>
      <td class="open-cell">{parts.join(" · ")}</td>
    </tr>
  );
}

function TeamTable({ team }: { team: Board["teams"][number] }) {
  const texts = t.value;
  const title = team.title || texts.noOwner;
  return (
    <section aria-label={title} class="team">
      <h2>{title}</h2>
      <div class="scroll">
        <table class="board">
          <Head columns={[texts.state, texts.service, texts.errorBudget, texts.anomalyBudget, texts.openNow]} />
          <tbody>
            {[...team.services].sort(byUrgency).map((service) => (
              <ServiceRow service={service} key={service.name} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Summary({ board }: { board: Board }) {
  const texts = t.value;
  const services = board.teams.flatMap((team) => team.services);
  const failing = services.filter((one) => one.state === "failure").length;
  const anomalies = services.reduce((sum, one) => sum + one.anomalies_open, 0);
  const tiles: [number, string, string][] = [
    [failing, texts.summary.failures, failing > 0 ? "failure" : ""],
    [anomalies, texts.summary.anomalies, anomalies > 0 ? "anomaly" : ""],
    [services.length, texts.summary.services, ""],
  ];
  return (
    <p class="summary" role="status">
      {tiles.map(([value, text, state]) => (
        <span class={`tile ${state}`} key={text}>
          <b>{count(value)}</b> {text}
        </span>
      ))}
    </p>
  );
}

function Unclaimed({ board }: { board: Board }) {
  const texts = t.value;
  if (board.unclaimed.length === 0) return null;
  return (
    <section aria-labelledby="unclaimed">
      <h2 id="unclaimed">{texts.unclaimed}</h2>
      <p class="hint">{texts.unclaimedHint}</p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.calls}</th>
              <th scope="col" class="number">{texts.series}</th>
              <th scope="col" class="number">{texts.samples}</th>
              <th scope="col" class="number">{texts.lines}</th>
            </tr>
          </thead>
          <tbody>
            {board.unclaimed.map((one) => (
              <tr key={one.name}>
                <th scope="row">
                  <code>{one.name}</code>
                </th>
                <td class="number">{count(one.series)}</td>
                <td class="number">{plain(one.samples_per_second, 3)}</td>
                <td class="number">{plain(one.lines_per_second, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function CatalogErrors({ catalog }: { catalog: CatalogState }) {
  const texts = t.value;
  if (catalog.ok) return null;
  return (
    <section class="notice bad" aria-labelledby="catalog-errors">
      <h2 id="catalog-errors">{texts.catalogErrors}</h2>
      <ul>
        {catalog.errors.map((error) => (
          <li key={`${error.file}:${error.line}:${error.column}:${error.field}`}>
            <code>
              {error.file}:{error.line}:{error.column}
            </code>{" "}
            {error.field && `${texts.field} ${error.field}. `}
            {texts.found}: {error.found || "–"}. {texts.expected}: {error.expected}.
          </li>
        ))}
      </ul>
    </section>
  );
}

const example = `service:
  name: checkout
  redundancy: {need: 3, of: 5, by: instance}
  slo: {target: 99.9, good: 'http_requests_total{code!~"5.."}', total: http_requests_total}
`;

function Empty() {
  const texts = t.value;
  return (
    <section>
      <h2>{texts.noServices}</h2>
      <p>{texts.noServicesHint}</p>
      <pre tabIndex={0}>
        <code>{example}</code>
      </pre>
    </section>
  );
}

export function BoardView() {
  const texts = t.value;
  useTitle(texts.nav.board);
  const loaded = useLive(api.board, []);
  return (
    <Shown from={loaded.value}>
      {(board) => (
        <>
          <div class="heading">
            <h1 tabIndex={-1}>{texts.nav.board}</h1>
            <Summary board={board} />
          </div>
          <CatalogErrors catalog={board.catalog} />
          {board.teams.every((team) => team.services.length === 0) && <Empty />}
          {board.teams
            .filter((team) => team.services.length > 0)
            .map((team) => (
              <TeamTable team={team} key={team.name} />
            ))}
          <Unclaimed board={board} />
        </>
      )}
    </Shown>
  );
}
