// The review of SLOs over a week or a quarter, to read, copy and keep.
import { useAsked } from "../logs/ask";
import { Shown } from "../parts/loaded";
import { query, replace, slosLink } from "../router";
import { language } from "../settings";
import { useTitle } from "../title";
import { ReportBody } from "../views/report";
import { slos } from "./ask";
import { st } from "./texts";

function choose(name: string, value: string): void {
  replace(slosLink("report", { ...Object.fromEntries(query.value), [name]: value }));
}

function Select(props: { name: string; label: string; value: string; choices: [string, string][] }) {
  return (
    <label>
      {props.label}{" "}
      <select value={props.value} onChange={(event) => choose(props.name, event.currentTarget.value)}>
        {props.choices.map(([one, text]) => (
          <option value={one} key={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Review() {
  const texts = st.value;
  useTitle(texts.report);
  const team = query.value.get("team") ?? "";
  const period = query.value.get("period") === "quarter" ? "quarter" : "week";
  // Not asked for anew on every change: it is about days.
  const list = useAsked(() => slos.list(team, ""), [team]);
  const loaded = useAsked(() => slos.report(team, period, language.value), [team, period, language.value]);
  const teams = (list.value.data?.teams ?? []).filter((one) => one.name);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.report}</h1>
        <Select
          name="team"
          label={texts.team}
          value={team}
          choices={[["", texts.allTeams], ...teams.map((one): [string, string] => [one.name, one.title])]}
        />
        <Select name="period" label={texts.period} value={period} choices={Object.entries(texts.periods)} />
        <a href={slosLink("", { team })}>{texts.toBoard}</a>
      </div>
      <Shown from={loaded.value}>
        {(report) => (
          <ReportBody report={report} name="kizashi-slo">
            <a
              class="button"
              download={`kizashi-slo-${period}-${report.language}.html`}
              href={`data:text/html;charset=utf-8,${encodeURIComponent(report.html)}`}
            >
              {texts.downloadHtml}
            </a>
          </ReportBody>
        )}
      </Shown>
    </>
  );
}
