// The frame around every view: where one can go, whether what is shown is live, how it looks.
import { useEffect, useRef } from "preact/hooks";
import { needsToken } from "./api/client";
import { helpOpen, startKeys } from "./keys";
import { connected, follow } from "./live";
import { HelpDialog, SignInDialog } from "./parts/dialogs";
import { route, startRouter, type Route } from "./router";
import { language, t, theme, type Language, type Theme } from "./settings";
import { AlertsView } from "./views/alerts";
import { AnomaliesView } from "./views/anomalies";
import { AnomalyView } from "./views/anomaly";
import { BoardView } from "./views/board";
import { DemoView } from "./views/demo";
import { IncidentsView } from "./views/incidents";
import { LogsView } from "./views/logs";
import { MetricsView } from "./views/metrics";
import { OnCallView } from "./views/oncall";
import { ReportView } from "./views/report";
import { ServiceView } from "./views/service";
import { SlosView } from "./views/slos";

function View({ at }: { at: Route }) {
  switch (at.view) {
    case "board":
      return <BoardView />;
    case "service":
      return <ServiceView name={at.name} key={at.name} />;
    case "anomalies":
      return <AnomaliesView />;
    case "anomaly":
      return <AnomalyView id={at.id} key={at.id} />;
    case "incidents":
      return <IncidentsView id={at.id} />;
    case "alerts":
      return <AlertsView part={at.part} />;
    case "oncall":
      return <OnCallView />;
    case "report":
      return <ReportView />;
    case "demo":
      return <DemoView />;
    case "logs":
      return <LogsView at={at} />;
    case "metrics":
      return <MetricsView at={at} />;
    case "slos":
      return <SlosView at={at} />;
    case "lost":
      return (
        <>
          <h1 tabIndex={-1}>{t.value.lost}</h1>
          <a href="/">{t.value.toBoard}</a>
        </>
      );
  }
}

function NavLink({ href, views, text }: { href: string; views: Route["view"][]; text: string }) {
  const here = views.includes(route.value.view);
  return (
    <a href={href} aria-current={here ? "page" : undefined}>
      {text}
    </a>
  );
}

function Choice<T extends string>(props: {
  label: string;
  value: T;
  choices: [T, string][];
  onChoose: (value: T) => void;
}) {
  return (
    <select
      aria-label={props.label}
      title={props.label}
      value={props.value}
      onChange={(event) => props.onChoose(event.currentTarget.value as T)}
    >
      {props.choices.map(([value, text]) => (
        <option value={value} key={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

function Header() {
  const texts = t.value;
  return (
    <header class="top">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <path d="M3 21 L10 21 L14 9 L18 25 L21 17 L29 17" class="brand-line" />
        </svg>
        Kizashi
      </a>
      <nav aria-label={texts.nav.label}>
        <NavLink href="/" views={["board", "service"]} text={texts.nav.board} />
        <NavLink href="/slos" views={["slos"]} text={texts.nav.slos} />
        <NavLink href="/alerts" views={["alerts"]} text={texts.nav.alerts} />
        <NavLink href="/anomalies" views={["anomalies", "anomaly"]} text={texts.nav.anomalies} />
        <NavLink href="/incidents" views={["incidents"]} text={texts.nav.incidents} />
        <NavLink href="/oncall" views={["oncall"]} text={texts.nav.oncall} />
        <NavLink href="/logs" views={["logs"]} text={texts.nav.logs} />
        <NavLink href="/explore" views={["metrics"]} text={texts.nav.metrics} />
        <NavLink href="/report" views={["report"]} text={texts.nav.report} />
        <NavLink href="/demo" views={["demo"]} text={texts.nav.demo} />
      </nav>
      <div class="tools">
        <span class={connected.value ? "live" : "live off"} role="status">
          {connected.value ? texts.live : texts.reconnecting}
        </span>
        <Choice<Language>
          label={texts.language}
          value={language.value}
          choices={[
            ["en", "English"],
            ["ja", "日本語"],
          ]}
          onChoose={(value) => (language.value = value)}
        />
        <Choice<Theme>
          label={texts.theme}
          value={theme.value}
          choices={[
            ["auto", texts.themes.auto],
            ["light", texts.themes.light],
            ["dark", texts.themes.dark],
          ]}
          onChoose={(value) => (theme.value = value)}
        />
        <button
          type="button"
          class="quiet"
          aria-label={texts.help}
          title={texts.help}
          onClick={() => (helpOpen.value = true)}
        >
          ?
        </button>
      </div>
    </header>
  );
}

export function App() {
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    startRouter();
    startKeys();
    void follow();
  }, []);
  return (
    <>
      <a class="skip" href="#main">
        {t.value.skip}
      </a>
      <Header />
      <main id="main">
        <View at={route.value} />
      </main>
      {helpOpen.value && <HelpDialog onClose={() => (helpOpen.value = false)} />}
      {needsToken.value && <SignInDialog />}
    </>
  );
}
