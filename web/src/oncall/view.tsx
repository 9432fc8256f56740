// On call: who is now and next, the weeks to come, what changes them, whom an alert tells, and the
// telephone.
import "./oncall.css";
import type { Board } from "../api/client";
import { api } from "../api/client";
import { refresh, useLive } from "../live";
import { Choice } from "../parts/choice";
import { Shown } from "../parts/loaded";
import { query, replace } from "../router";
import { t } from "../settings";
import { useTitle } from "../title";
import { oncall, type Now, type Plan } from "./ask";
import { Edits } from "./edits";
import { Findings } from "./findings";
import { NowCards } from "./now";
import { People } from "./people";
import { Policies } from "./policies";
import { ot } from "./texts";
import { Weeks } from "./weeks";

const pollMs = 5000;
const slowPollMs = 30_000;

const example = `schedule:
  name: shop-primary
  team: shop-team
  layers:
    - {rotation: weekly, start: 2026-11-02 09:00, people: [hanako, taro]}`;

function Empty() {
  const texts = ot.value;
  return (
    <section>
      <h2>{texts.noSchedules}</h2>
      <p>{texts.noSchedulesHint}</p>
      <pre tabIndex={0}>
        <code>{example}</code>
      </pre>
    </section>
  );
}

function Errors({ errors }: { errors: Now["errors"] }) {
  const texts = ot.value;
  if (errors.length === 0) return null;
  return (
    <div role="alert" class="notice bad">
      <p>{texts.fileErrors}</p>
      <ul>
        {errors.slice(0, 10).map((one) => (
          <li key={`${one.file} ${one.line} ${one.column} ${one.field}`}>
            <code>
              {one.file}:{one.line}:{one.column}: {one.field}: {one.found} – {one.expected}
            </code>
          </li>
        ))}
      </ul>
    </div>
  );
}

function TeamChoice({ board, team }: { board: Board | undefined; team: string }) {
  const teams = (board?.teams ?? []).filter((one) => one.name);
  return (
    <Choice
      label={t.value.team}
      value={team}
      choices={[["", t.value.allTeams], ...teams.map((one): [string, string] => [one.name, one.title])]}
      onChoose={(value) => replace(value ? `/oncall?team=${encodeURIComponent(value)}` : "/oncall")}
    />
  );
}

function Body({ now, plan, team }: { now: Now; plan: Plan; team: string }) {
  const isShown = (of: string) => team === "" || of === team;
  const duties = now.schedules.filter((one) => isShown(one.team));
  const asked = query.value.get("schedule") ?? "";
  const chosen = (duties.find((one) => one.schedule === asked) ?? duties[0])?.schedule ?? "";
  const zones = new Map(now.schedules.map((one) => [one.schedule, one.time_zone]));
  const names = new Set(duties.map((one) => one.schedule));
  const isOf = (schedule: string) => schedule === "" || names.has(schedule);
  const preview = useLive(async () => (chosen ? oncall.preview(chosen) : { from: 0, to: 0, schedules: [] }), [chosen], slowPollMs);
  const findings = useLive(oncall.findings, [], slowPollMs);
  const edits = useLive(oncall.edits, [], pollMs);
  const seen = preview.value.data;
  const weeks = seen?.schedules[0];
  return (
    <>
      <Errors errors={now.errors} />
      {duties.length === 0 ? <Empty /> : <NowCards duties={duties} people={plan.people} chosen={chosen} />}
      {duties.length > 0 && (
        <Shown from={findings.value}>{(found) => <Findings findings={found.findings.filter((one) => names.has(one.schedule))} zones={zones} />}</Shown>
      )}
      {seen && weeks && <Weeks preview={weeks} from={seen.from} to={seen.to} key={chosen} />}
      {duties.length > 0 && (
        <Shown from={edits.value}>
          {(all) => (
            <Edits
              duties={duties}
              zones={zones}
              people={plan.people}
              changes={plan.changes.filter((one) => isOf(one.schedule))}
              edits={all.edits.filter((one) => isOf(one.schedule))}
              chosen={chosen}
              onChange={refresh}
            />
          )}
        </Shown>
      )}
      <Policies policies={plan.policies.filter((one) => isShown(one.team))} pages={plan.pages} />
      <People people={plan.people.filter((one) => team === "" || one.teams.includes(team))} />
    </>
  );
}

export function OnCall() {
  const texts = ot.value;
  useTitle(texts.title);
  const team = query.value.get("team") ?? "";
  const board = useLive(api.board, []);
  const now = useLive(oncall.now, [], pollMs);
  const plan = useLive(oncall.plan, [], slowPollMs);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.title}</h1>
        <TeamChoice board={board.value.data} team={team} />
      </div>
      <Shown from={now.value}>
        {(duties) => <Shown from={plan.value}>{(files) => <Body now={duties} plan={files} team={team} />}</Shown>}
      </Shown>
    </>
  );
}
