// One group that fires: what it is, who takes care of it, who was told and who is next, its alerts,
// and what can be done.
import { duration } from "../format";
import { serviceLink } from "../router";
import type { Group, GroupAlert } from "./ask";
import type { Escalation } from "./escalations";
import { Act } from "./group_act";
import { Labels } from "./labels";
import { commonLabels } from "./matchers";
import { al } from "./texts";
import { WhoIsTold } from "./who_is_told";

const alertsMax = 20;

export function titleOf(group: Group): string {
  const names = [...new Set(group.alerts.map((one) => one.annotations["title"] || one.labels["alertname"] || ""))].filter((one) => one !== "");
  const title = names.slice(0, 3).join(", ") || group.receiver;
  return names.length > 3 ? `${title}, …` : title;
}

/** An address of this page, or of anywhere else by http alone. */
function linkOf(text: string | undefined): string | undefined {
  return text && /^https?:\/\//.test(text) ? text : undefined;
}

function AlertLine({ alert, common, silenced }: { alert: GroupAlert; common: string[]; silenced: boolean }) {
  const texts = al.value;
  const summary = alert.annotations["summary"] || alert.annotations["description"] || "";
  const link = linkOf(alert.annotations["link"]);
  return (
    <li class={alert.status}>
      <b>{alert.annotations["title"] || alert.labels["alertname"]}</b> <span class="detail">{silenced ? texts.silencedOne : texts.statuses[alert.status]}</span> {summary}{" "}
      {link && <a href={link}>{texts.look}</a>} <Labels labels={alert.labels} without={common} />
    </li>
  );
}

interface Props {
  group: Group;
  escalation: Escalation | undefined;
  silenced: Set<string>;  // fingerprints
  onDone: (told: string) => void;
}

export function GroupCard({ group, escalation, silenced, onDone }: Props) {
  const texts = al.value;
  const title = titleOf(group);
  const service = group.labels["service"];
  const severities = [...new Set(group.alerts.map((one) => one.labels["severity"] ?? ""))].filter((one) => one !== "");
  const common = commonLabels(group.alerts.map((one) => one.labels)).map(([name]) => name);
  const shownLabels = { ...Object.fromEntries(commonLabels(group.alerts.map((one) => one.labels))), ...group.labels };
  const left = group.alerts.length - alertsMax;
  return (
    <article class="card group" aria-label={title}>
      <h2 tabIndex={-1} data-row>
        {title}
      </h2>
      <p>
        {service && <a href={serviceLink(service)}>{service}</a>}{" "}
        {severities.map((one) => (
          <span class={one === "page" || one === "critical" ? "tile failure" : "tile"} key={one}>
            {texts.severities[one] ?? one}
          </span>
        ))}{" "}
        {texts.firesFor(duration((Date.now() - new Date(group.opened_at).getTime()) / 1000))} ·{" "}
        {group.acknowledged ? (
          <b class="mine">{texts.acknowledgedBy(group.acknowledged.by, texts.means[group.acknowledged.via] ?? group.acknowledged.via)}</b>
        ) : (
          <b class="unseen">{texts.unacknowledged}</b>
        )}
      </p>
      <WhoIsTold group={group} escalation={escalation} />
      <ul class="alerts">
        {group.alerts.slice(0, alertsMax).map((alert) => (
          <AlertLine alert={alert} common={common} silenced={silenced.has(alert.fingerprint)} key={alert.fingerprint} />
        ))}
      </ul>
      {left > 0 && <p class="hint">{texts.more(left)}</p>}
      <Labels labels={shownLabels} />
      <Act group={group} title={title} onDone={onDone} />
    </article>
  );
}
