// All incidents, the newest first, with what is left to be done of them.
import "./incident.css";
import { api } from "../api/client";
import { dateTime, duration } from "../format";
import { useLive } from "../live";
import { Choice } from "../parts/choice";
import { Shown } from "../parts/loaded";
import { incidentLink, query, refine, serviceLink } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";
import { Head } from "../parts/head";
import { incidents, type Action, type Incident } from "./ask";
import { OpenForm } from "./open_form";
import { it } from "./texts";

const pollMs = 5000;

function Table({ list }: { list: Incident[] }) {
  const texts = it.value;
  if (list.length === 0) return <p class="hint">{texts.none}</p>;
  const columns = [texts.incident, texts.severity, t.value.state, t.value.service, t.value.began, t.value.lasted, texts.commander, texts.report];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={texts.title}>
      <table>
        <Head columns={columns} />
        <tbody>
          {list.map((one) => (
            <tr key={one.id} class={one.resolved === null && one.closed === null ? "open" : ""}>
              <td>
                <a href={incidentLink(one.id)} data-row>
                  #{one.id} {one.title}
                </a>
              </td>
              <td>SEV{one.severity}</td>
              <td>{one.merged_into ? texts.mergedInto(one.merged_into) : (texts.states[one.state] ?? one.state)}</td>
              <td>{one.service && <a href={serviceLink(one.service)}>{one.service}</a>}</td>
              <td>
                <time dateTime={new Date(one.begin).toISOString()}>{dateTime(one.begin)}</time>
              </td>
              <td>{one.resolved === null ? texts.ongoing : duration((one.resolved - one.begin) / 1000)}</td>
              <td>{one.roles.find((role) => role.role === "commander")?.person ?? texts.nobody}</td>
              <td>{texts.reportStates[one.report_state]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Actions({ list }: { list: Action[] }) {
  const texts = it.value;
  return (
    <section aria-labelledby="actions">
      <h2 id="actions">{texts.actions}</h2>
      {list.length === 0 && <p class="hint">{texts.noActions}</p>}
      <ul class="actions">
        {list.map((one) => (
          <li key={`${one.incident} ${one.place}`}>
            <a href={incidentLink(one.incident)}>#{one.incident}</a> {one.what} · {texts.owner}: {one.owner || texts.nobody} · {texts.due}: {one.due || "–"}{" "}
            {one.overdue && <strong>({texts.overdue})</strong>} · {texts.actionStates[one.state]}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function IncidentList() {
  const texts = it.value;
  useTitle(texts.title);
  const [team = "", state = ""] = ["team", "state"].map((name) => query.value.get(name) ?? "");
  const board = useLive(api.board, []);
  const loaded = useLive(() => incidents.list({ state, team }), [state, team], pollMs);
  const actions = useLive(() => incidents.actions(team), [team], pollMs);
  const teams = (board.value.data?.teams ?? []).filter((one) => one.name);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.title}</h1>
        <Choice
          label={t.value.team}
          value={team}
          choices={[["", t.value.allTeams], ...teams.map((one): [string, string] => [one.name, one.title])]}
          onChoose={(value) => refine({ team: value })}
        />
        <Choice label={t.value.filter} value={state || "all"} choices={Object.entries(texts.filters)} onChoose={(value) => refine({ state: value === "all" ? "" : value })} />
        <OpenForm board={board.value.data} />
      </div>
      <Shown from={loaded.value}>{({ incidents: list }) => <Table list={list} />}</Shown>
      {actions.value.data && <Actions list={actions.value.data.actions} />}
    </>
  );
}
