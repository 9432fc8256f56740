// The daily report, in the reader's language, to read, copy and keep.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Report } from "../api/client";
import { api } from "../api/client";
import { useLive } from "../live";
import { Shown } from "../parts/loaded";
import { query } from "../router";
import { language, t } from "../settings";
import { useTitle } from "../title";

/** `children` are further buttons. */
export function ReportBody({
  report,
  name: prefix,
  children,
}: {
  report: Pick<Report, "markdown" | "until" | "language">;
  name: string;
  children?: ComponentChildren;
}) {
  const texts = t.value;
  const html = useSignal("");
  const copied = useSignal(false);
  useEffect(() => {
    let current = true;
    void import("../parts/markdown").then(({ toHtml }) => {
      if (current) html.value = toHtml(report.markdown);
    });
    return () => {
      current = false;
    };
  }, [report.markdown]);
  const copy = async () => {
    await navigator.clipboard.writeText(report.markdown);
    copied.value = true;
  };
  const name = `${prefix}-${new Date(report.until).toISOString().slice(0, 10)}-${report.language}.md`;
  return (
    <>
      <p class="buttons">
        <button type="button" onClick={() => void copy()}>
          {copied.value ? texts.copied : texts.copy}
        </button>
        <a
          class="button"
          download={name}
          href={`data:text/markdown;charset=utf-8,${encodeURIComponent(report.markdown)}`}
        >
          {texts.download}
        </a>
        {children}
      </p>
      <article class="report" dangerouslySetInnerHTML={{ __html: html.value }} />
    </>
  );
}

/** What went out in the mornings, and where to. */
function Delivered({ team }: { team: string }) {
  const texts = t.value;
  const loaded = useLive(() => api.delivered(team), [team]);
  const reports = loaded.value.data?.reports ?? [];
  if (reports.length === 0) return null;
  return (
    <section aria-labelledby="delivered">
      <h2 id="delivered">{texts.delivered}</h2>
      {reports.map((report) => (
        <details key={report.day}>
          <summary>
            {report.day} ·{" "}
            {report.deliveries.map((one) => `${one.destination} (${texts.delivery[one.state]})`).join(", ") || "–"}
          </summary>
          <ReportBody report={report} name={`kizashi-${team}`} />
        </details>
      ))}
    </section>
  );
}

export function ReportView() {
  const texts = t.value;
  useTitle(texts.report);
  const team = useSignal(query.value.get("team") ?? "");
  const hours = useSignal(24);
  const board = useLive(api.board, []);
  const loaded = useLive(
    () => api.report(team.value, language.value, hours.value),
    [team.value, language.value, hours.value],
  );
  const teams = board.value.data?.teams.filter((one) => one.name) ?? [];
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.report}</h1>
        <label>
          {texts.team}{" "}
          <select value={team.value} onChange={(event) => (team.value = event.currentTarget.value)}>
            <option value="">{texts.allTeams}</option>
            {teams.map((one) => (
              <option value={one.name} key={one.name}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.period}{" "}
          <select
            value={String(hours.value)}
            onChange={(event) => (hours.value = Number(event.currentTarget.value))}
          >
            {Object.entries(texts.periods).map(([value, text]) => (
              <option value={value} key={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Shown from={loaded.value}>{(report) => <ReportBody report={report} name="kizashi" />}</Shown>
      {team.value !== "" && <Delivered team={team.value} key={team.value} />}
    </>
  );
}
