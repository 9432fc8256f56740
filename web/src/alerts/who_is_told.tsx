// Who was told of a group and who is next: by on-call where it takes care of it, else by its route.
import { useSignal } from "@preact/signals";
import { clock, dateTime } from "../format";
import { language } from "../settings";
import type { Group } from "./ask";
import type { Escalation } from "./escalations";
import { al } from "./texts";
import { ToldList } from "./told";

interface Next {
  who: string;
  at: number;
}

function nextOf(group: Group, escalation: Escalation | undefined): Next[] {
  if (!escalation) return group.next.map((step) => ({ who: step.receiver, at: new Date(step.at).getTime() }));
  const { next, next_at } = escalation;
  return next_at === null ? [] : next.map((who) => ({ who, at: next_at }));
}

function EscalationText({ escalation }: { escalation: Escalation }) {
  const texts = al.value;
  return (
    <>
      <p class="detail">{texts.follows(escalation.policy, escalation.step)}</p>
      <ul class="who-told">
        {escalation.told.map((one) => (
          <li key={`${one.at} ${one.by} ${one.to}`}>
            <time dateTime={new Date(one.at).toISOString()}>{dateTime(one.at)}</time> <b>{one.by === "channel" ? texts.channel(one.to) : one.to}</b>:{" "}
            {one.reached ? language.value === "ja" ? one.reason_ja : one.reason : <span class="hint">{texts.notReached}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

export function WhoIsTold({ group, escalation }: { group: Group; escalation: Escalation | undefined }) {
  const texts = al.value;
  const open = useSignal(false);
  const first = group.alerts[0];
  const next = nextOf(group, escalation);
  return (
    <>
      <p>
        {texts.goesTo} <b>{group.destinations.join(", ") || texts.nobody}</b>
        {group.level > 0 && <span class="detail"> {texts.escalated(group.level)}</span>}
      </p>
      {escalation && <EscalationText escalation={escalation} />}
      {next.length > 0 ? (
        <p>
          {texts.next}{" "}
          {next.map((one, i) => (
            <span key={`${one.who} ${one.at}`}>
              {i > 0 && ", "}
              <b>{one.who}</b> {texts.at(clock(one.at))}
            </span>
          ))}
        </p>
      ) : (
        <p class="detail">{texts.noNext}</p>
      )}
      {first && (
        <details onToggle={(event) => (open.value = event.currentTarget.open)}>
          <summary>{texts.whoWasTold}</summary>
          {open.value && <ToldList fingerprint={first.fingerprint} group={group.key} />}
        </details>
      )}
    </>
  );
}
