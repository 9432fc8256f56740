// One group that fires: what it is, who takes care of it, who was told and who is next, its alerts,
// and what can be done.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { clock, dateTime, duration } from "../format";
import { alertsLink, serviceLink } from "../router";
import { alerts, type Action, type Group, type GroupAlert } from "./ask";
import type { Escalation } from "./escalations";
import { Labels } from "./labels";
import { commonLabels } from "./matchers";
import { al } from "./texts";
import { ToldList } from "./told";

const alertsMax = 20;
const ms = (text: string) => new Date(text).getTime();

export function titleOf(group: Group): string {
  const names = [...new Set(group.alerts.map((one) => one.annotations["title"] || one.labels["alertname"] || ""))].filter((one) => one !== "");
  const title = names.slice(0, 3).join(", ") || group.receiver;
  return names.length > 3 ? `${title}, …` : title;
}

/** An address of this page, or of anywhere else by http alone. */
function linkOf(text: string | undefined): string | undefined {
  return text && /^https?:\/\//.test(text) ? text : undefined;
}

function AlertLine({ alert, common }: { alert: GroupAlert; common: string[] }) {
  const texts = al.value;
  const summary = alert.annotations["summary"] || alert.annotations["description"] || "";
  const link = linkOf(alert.annotations["link"]);
  return (
    <li class={alert.status}>
      <b>{alert.annotations["title"] || alert.labels["alertname"]}</b> <span class="detail">{texts.statuses[alert.status]}</span> {summary}{" "}
      {link && <a href={link}>{texts.look}</a>} <Labels labels={alert.labels} without={common} />
    </li>
  );
}

function EscalationText({ escalation }: { escalation: Escalation }) {
  const texts = al.value;
  return (
    <>
      {escalation.policy && <p class="detail">{texts.follows(escalation.policy, escalation.step)}</p>}
      <ul class="told">
        {escalation.told.map((one, i) => (
          <li key={i}>
            {one.at !== undefined && <time dateTime={new Date(one.at).toISOString()}>{dateTime(one.at)}</time>} <b>{one.to}</b>{" "}
            {one.by && <span class="detail">({texts.means[one.by] ?? one.by})</span>} {one.reason}
          </li>
        ))}
      </ul>
      {escalation.next.length > 0 && (
        <p>
          {texts.next} <b>{escalation.next.join(", ")}</b> {escalation.nextAt !== undefined && texts.at(clock(escalation.nextAt))}
        </p>
      )}
    </>
  );
}

function WhoIsTold({ group, escalations }: { group: Group; escalations: Escalation[] }) {
  const texts = al.value;
  const open = useSignal(false);
  const first = group.alerts[0];
  return (
    <>
      <p>
        {texts.toldNow} <b>{group.destinations.join(", ") || texts.nobody}</b>
        {group.level > 0 && <span class="detail"> {texts.escalated(group.level)}</span>}
      </p>
      {group.next.length > 0 && (
        <p>
          {texts.next}{" "}
          {group.next.map((step, i) => (
            <span key={`${step.receiver} ${step.at}`}>
              {i > 0 && ", "}
              <b>{step.receiver}</b> {texts.at(clock(ms(step.at)))}
            </span>
          ))}
        </p>
      )}
      {escalations.map((one) => (
        <EscalationText escalation={one} key={one.id} />
      ))}
      {group.next.length === 0 && escalations.every((one) => one.next.length === 0) && <p class="detail">{texts.noNext}</p>}
      {first && (
        <details onToggle={(event) => (open.value = event.currentTarget.open)}>
          <summary>{texts.whoWasTold}</summary>
          {open.value && <ToldList fingerprint={first.fingerprint} group={group.key} />}
        </details>
      )}
    </>
  );
}

function Act({ group, onDone }: { group: Group; onDone: (told: string) => void }) {
  const texts = al.value;
  const comment = useRef<HTMLInputElement>(null);
  const failed = useSignal("");
  const act = async (action: Action) => {
    try {
      await alerts.act(group.group, action, comment.current?.value.trim() ?? "");
      if (comment.current) comment.current.value = "";
      failed.value = "";
      onDone(texts.done[action](titleOf(group)));
    } catch (error) {
      failed.value = `${texts.notDone} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const shared = commonLabels(group.alerts.map((one) => one.labels));
  const silenced = shared.length > 0 ? shared : Object.entries(group.labels);
  return (
    <p class="buttons">
      {!group.acknowledged && (
        <button type="button" onClick={() => void act("acknowledge")}>
          {texts.acknowledge}
        </button>
      )}
      <button type="button" onClick={() => void act("escalate")}>
        {texts.escalate}
      </button>
      <button type="button" onClick={() => void act("resolve")}>
        {texts.resolve}
      </button>
      <label>
        {texts.comment} <input ref={comment} maxLength={500} size={24} />
      </label>
      <a class="button" href={alertsLink("silences", silenced.map(([name, value]) => ["m", `${name}=${value}`]))}>
        {texts.silenceIt}
      </a>
      <span role="alert">{failed.value}</span>
    </p>
  );
}

interface Props {
  group: Group;
  escalations: Escalation[];
  onDone: (told: string) => void;
}

export function GroupCard({ group, escalations, onDone }: Props) {
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
        {texts.firesFor(duration((Date.now() - ms(group.opened_at)) / 1000))} ·{" "}
        {group.acknowledged ? (
          <b class="mine">{texts.acknowledgedBy(group.acknowledged.by, texts.means[group.acknowledged.via] ?? group.acknowledged.via)}</b>
        ) : (
          <b class="unseen">{texts.unacknowledged}</b>
        )}
      </p>
      <WhoIsTold group={group} escalations={escalations} />
      <ul class="alerts">
        {group.alerts.slice(0, alertsMax).map((alert) => (
          <AlertLine alert={alert} common={common} key={alert.fingerprint} />
        ))}
      </ul>
      {left > 0 && <p class="hint">{texts.more(left)}</p>}
      <Labels labels={shownLabels} />
      <Act group={group} onDone={onDone} />
    </article>
  );
}
