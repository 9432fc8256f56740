// The frame of the views of logs: whose logs, and which view of them.
import "./logs.css";
import { api } from "../api/client";
import { Shown } from "../parts/loaded";
import { go, logsLink, query, type LogsPart, type Route } from "../router";
import { useTitle } from "../title";
import { useAsked } from "./ask";
import { Compare } from "./compare";
import { LiveTail } from "./live_tail";
import { Pattern } from "./pattern";
import { Patterns } from "./patterns";
import { Search } from "./search";
import { lt } from "./texts";

type At = Extract<Route, { view: "logs" }>;
interface Named {
  name: string;
  title: string;
}

/** Every service of the catalog, by title. */
async function services(): Promise<Named[]> {
  const { teams } = await api.board();
  return teams.flatMap((team) => team.services).sort((a, b) => a.title.localeCompare(b.title));
}

/** The part of an address that stays when another service is chosen. */
function placeOf(part: LogsPart): string {
  return part === "search" || part === "live" ? part : "";
}

function ServiceChoice({ at, all }: { at: At; all: Named[] }) {
  const texts = lt.value;
  const known = all.some((one) => one.name === at.service);
  const choose = (service: string) =>
    go(logsLink(service, placeOf(at.part), placeOf(at.part) ? Object.fromEntries(query.value) : {}));
  return (
    <label>
      {texts.service}{" "}
      <select value={at.service} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{texts.allServices}</option>
        {at.service && !known && <option value={at.service}>{at.service}</option>}
        {all.map(({ name, title }) => (
          <option value={name} key={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function Parts({ at }: { at: At }) {
  const texts = lt.value;
  const links: [LogsPart, string][] = [["patterns", ""]];
  if (at.service) links.push(["compare", "compare"]);
  links.push(["search", "search"], ["live", "live"]);
  const here = at.part === "pattern" ? "patterns" : at.part;
  return (
    <nav class="parts" aria-label={texts.parts.label}>
      {links.map(([part, place]) => (
        <a
          href={logsLink(at.service, place)}
          aria-current={at.part === part ? "page" : here === part ? "true" : undefined}
          key={part}
        >
          {texts.parts[part as keyof typeof texts.parts]}
        </a>
      ))}
    </nav>
  );
}

function Services({ all }: { all: Named[] }) {
  return (
    <>
      <p class="hint">{lt.value.chooseService}</p>
      <ul class="services">
        {all.map(({ name, title }) => (
          <li key={name}>
            <a class="button" href={logsLink(name)} data-row>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Logs({ at }: { at: At }) {
  const texts = lt.value;
  const { service, part, id } = at;
  const title = service ? texts.logsOf(service) : texts.logs;
  useTitle(title);
  const all = useAsked(services, []);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{title}</h1>
        <ServiceChoice at={at} all={all.value.data ?? []} />
      </div>
      <Parts at={at} />
      {part === "patterns" && !service && <Shown from={all.value}>{(list) => <Services all={list} />}</Shown>}
      {part === "patterns" && service && <Patterns service={service} key={service} />}
      {part === "pattern" && <Pattern place={{ service, id }} key={`${service} ${id}`} />}
      {part === "compare" && <Compare service={service} key={service} />}
      {part === "search" && <Search service={service} />}
      {part === "live" && <LiveTail service={service} />}
    </>
  );
}
