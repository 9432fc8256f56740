// The frame of the views of alerts: groups that fire, silences, destinations.
import "./alerts.css";
import { alertsLink, type AlertsPart } from "../router";
import { useTitle } from "../title";
import { Destinations } from "./destinations";
import { Groups } from "./groups";
import { Silences } from "./silences";
import { al } from "./texts";

export function Alerts({ part }: { part: AlertsPart }) {
  const texts = al.value;
  useTitle(part === "groups" ? texts.title : texts.parts[part]);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.title}</h1>
      </div>
      <nav class="parts" aria-label={texts.parts.label}>
        {(["groups", "silences", "destinations"] as const).map((one) => (
          <a href={alertsLink(one)} aria-current={one === part ? "page" : undefined} key={one}>
            {texts.parts[one]}
          </a>
        ))}
      </nav>
      {part === "groups" && <Groups />}
      {part === "silences" && <Silences />}
      {part === "destinations" && <Destinations />}
    </>
  );
}
