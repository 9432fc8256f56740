// Anomalies of a team or a service, and what their budgets have come to.
import { useSignal } from "@preact/signals";
import type { Anomaly, Board, ServiceSummary } from "../api/client";
import { api } from "../api/client";
import { minutes } from "../format";
import { useLive } from "../live";
import { AnomalyTable } from "../parts/anomaly_list";
import { BudgetBar } from "../parts/budget";
import { Choice } from "../parts/choice";
import { Shown } from "../parts/loaded";
import { PolicySteps } from "../parts/policy_steps";
import { query, refine, serviceLink } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";

type Order = "price" | "time";

/** What is expected is no news: it comes last when the dearest come first. */
function sorted(anomalies: Anomaly[], order: Order): Anomaly[] {
  if (order === "time") return anomalies;
  const price = (one: Anomaly) => (one.ledger.expected_until === null ? one.price.mean_minutes : -1);
  return [...anomalies].sort((a, b) => price(b) - price(a));
}

function Filters({ board }: { board: Board | undefined }) {
  const texts = t.value;
  const at = query.value;
  const teams = board?.teams ?? [];
  const services = teams.filter((one) => !at.get("team") || one.name === at.get("team")).flatMap((one) => one.services);
  return (
    <>
      <Choice
        label={texts.team}
        value={at.get("team") ?? ""}
        choices={[["", texts.allTeams], ...teams.filter((one) => one.name).map((one): [string, string] => [one.name, one.title])]}
        onChoose={(team) => refine({ team, service: "" })}
      />
      <Choice
        label={texts.service}
        value={at.get("service") ?? ""}
        choices={[["", texts.allServices], ...services.map((one): [string, string] => [one.name, one.title])]}
        onChoose={(service) => refine({ service })}
      />
      <Choice
        label={texts.filter}
        value={at.get("state") ?? "all"}
        choices={Object.entries(texts.filters)}
        onChoose={(state) => refine({ state: state === "all" ? "" : state })}
      />
    </>
  );
}

/** Services whose budget of anomalies has come to a step of its policy, with what spent it. */
function BrokenWindows({ services }: { services: ServiceSummary[] }) {
  const texts = t.value;
  const broken = services.filter((one) => one.anomaly_budget.policy.length > 0);
  if (broken.length === 0) return null;
  return (
    <section aria-labelledby="broken-windows">
      <h2 id="broken-windows">{texts.brokenWindows}</h2>
      <p class="hint">{texts.brokenWindowsHint}</p>
      <div class="cards">
        {broken.map((one) => (
          <div class="card" key={one.name}>
            <h3>
              <a href={serviceLink(one.name)}>{one.title}</a>
            </h3>
            <BudgetBar budget={one.anomaly_budget} label={`${one.title}: ${texts.anomalyBudget}`} />
            <PolicySteps budget={one.anomaly_budget} />
            <ul>
              {one.anomaly_budget.dearest.map((kind) => (
                <li key={kind.kind}>
                  <code>{kind.kind}</code> {minutes(kind.minutes)}
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}

export function AnomaliesView() {
  const texts = t.value;
  useTitle(texts.anomalies);
  const order = useSignal<Order>("time");
  const board = useLive(api.board, []);
  const [team, service, state] = ["team", "service", "state"].map((name) => query.value.get(name) ?? "");
  const asked = { team: team ?? "", service: service ?? "", state: state || "all" };
  const loaded = useLive(() => api.anomalies(asked), [asked.team, asked.service, asked.state]);
  const services = (board.value.data?.teams ?? [])
    .filter((one) => !asked.team || one.name === asked.team)
    .flatMap((one) => one.services)
    .filter((one) => !asked.service || one.name === asked.service);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.anomalies}</h1>
        <Filters board={board.value.data} />
        <Choice
          label={texts.sortBy}
          value={order.value}
          choices={[
            ["time", texts.byTime],
            ["price", texts.byPrice],
          ]}
          onChoose={(value) => (order.value = value as Order)}
        />
      </div>
      <BrokenWindows services={services} />
      <Shown from={loaded.value}>
        {({ anomalies }) => <AnomalyTable anomalies={sorted(anomalies, order.value)} withService />}
      </Shown>
    </>
  );
}
