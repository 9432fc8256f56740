// The board of SLOs: a table for each team, the least remaining budget first.
import type { Slo, SloList } from "../api/client";
import { count } from "../format";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { query, slosLink } from "../router";
import { useTitle } from "../title";
import { slos } from "./ask";
import { Filters } from "./filters";
import { SloTable } from "./table";
import { st } from "./texts";

/** Whether every word stands in what the SLO is called. */
function fits(slo: Slo, words: string[]): boolean {
  const names = [slo.name, slo.title, slo.service, slo.service_title, slo.team, slo.team_title].join(" ").toLowerCase();
  return words.every((word) => names.includes(word));
}

/** By team; the team with the emptiest budget first, as the server lists the SLOs. */
function byTeam(list: Slo[]): [string, Slo[]][] {
  const teams = new Map<string, Slo[]>();
  for (const slo of list) {
    const of = teams.get(slo.team);
    if (of) of.push(slo);
    else teams.set(slo.team, [slo]);
  }
  return [...teams];
}

function Team({ list }: { list: Slo[] }) {
  const texts = st.value;
  const [first] = list;
  if (!first) return null;
  const title = first.team_title || texts.noOwner;
  return (
    <section aria-label={title}>
      <div class="slo-team">
        <h2>{title}</h2>
        {first.team && <a href={slosLink("report", { team: first.team })}>{texts.reportOf(title)}</a>}
      </div>
      <SloTable list={list} label={title} />
    </section>
  );
}

function Tables({ found }: { found: SloList }) {
  const texts = st.value;
  const words = (query.value.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const list = found.slos.filter((slo) => fits(slo, words));
  const all = found.teams.reduce((sum, team) => sum + team.slos, 0);
  if (all === 0) return <p class="hint">{texts.empty}</p>;
  return (
    <>
      <p role="status">{texts.shown(count(list.length), count(all))}</p>
      {list.length === 0 && <p class="hint">{texts.none}</p>}
      {byTeam(list).map(([team, slosOf]) => (
        <Team list={slosOf} key={team} />
      ))}
    </>
  );
}

export function Board() {
  const texts = st.value;
  useTitle(texts.slos);
  const team = query.value.get("team") ?? "";
  const state = query.value.get("state") ?? "";
  const loaded = useLive(() => slos.list(team, state), [team, state]);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.slos}</h1>
        <a href={slosLink("report", { team })}>{texts.report}</a>
      </div>
      <Filters teams={loaded.value.data?.teams ?? []} />
      <Shown from={loaded.value}>{(found) => <Tables found={found} />}</Shown>
    </>
  );
}
