// Who was told of a group and who is next: by its route, and by on-call.
import { useSignal } from "@preact/signals";
import { clock, dateTime } from "../format";
import type { Group } from "./ask";
import type { Escalation } from "./escalations";
import { al } from "./texts";
import { ToldList } from "./told";

const ms = (text: string) => new Date(text).getTime();

function EscalationText({ escalation }: { escalation: Escalation }) {
  const texts = al.value;
  return (
    <>
      {escalation.policy && <p class="detail">{texts.follows(escalation.policy, escalation.step)}</p>}
      <ul class="who-told">
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

export function WhoIsTold({ group, escalations }: { group: Group; escalations: Escalation[] }) {
  const texts = al.value;
  const open = useSignal(false);
  const first = group.alerts[0];
  return (
    <>
      <p>
        {texts.goesTo} <b>{group.destinations.join(", ") || texts.nobody}</b>
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
