// Whom an alert of each service tells, step by step, and why just them.
import { duration } from "../format";
import { serviceLink } from "../router";
import type { Policy, Step, Target } from "./ask";
import { ot } from "./texts";
import { partsOfWeek } from "./week";

function TargetText({ target }: { target: Target }) {
  const texts = ot.value;
  if (target.kind === "channel") return <>{target.name ? texts.channel(target.name) : texts.ownDestinations}</>;
  if (target.kind === "schedule") {
    return (
      <>
        <b>{target.person ?? texts.nobody}</b> <span class="detail">{texts.onCallOf(target.name)}</span>
      </>
    );
  }
  return (
    <>
      <b>{target.name}</b>
      {target.person === null && <span class="detail"> {texts.awayNow}</span>}
    </>
  );
}

/** Each once: the last resort has all of two teams, which may share people. */
function Targets({ targets }: { targets: Target[] }) {
  const is = (a: Target, b: Target) => a.kind === b.kind && a.name === b.name;
  const each = targets.filter((one, i) => targets.findIndex((other) => is(one, other)) === i);
  return (
    <>
      {each.map((target, i) => (
        <span key={`${target.kind} ${target.name}`}>
          {i > 0 && ", "}
          <TargetText target={target} />
        </span>
      ))}
    </>
  );
}

/** When a step is told, and for what alone. */
function whenText(step: Step, after: number): string {
  const texts = ot.value;
  const only = step.only.length > 0 ? `${partsOfWeek(step.only)} (${step.time_zone})` : "";
  const limits = [only, step.severities.join(", ")].filter((one) => one !== "");
  const when = after === 0 ? texts.atOnce : texts.after(duration(after / 1000));
  return limits.length > 0 ? `${when} · ${texts.onlyFor(limits.join(" · "))}` : when;
}

function Steps({ policy }: { policy: Policy }) {
  const texts = ot.value;
  let after = 0;
  return (
    <ol class="ladder">
      {policy.steps.map((step, i) => {
        const when = whenText(step, after);
        after += step.wait_ms;
        return (
          <li key={i}>
            <span class="detail">{when}:</span> <Targets targets={step.targets} />
          </li>
        );
      })}
      {policy.repeat > 0 && (
        <li class="detail">{texts.repeats(policy.repeat, duration(after / 1000))}</li>
      )}
    </ol>
  );
}

function PolicyCard({ policy }: { policy: Policy }) {
  const texts = ot.value;
  const title = policy.is_default ? texts.defaultOf(policy.team || texts.noTeam) : policy.name;
  return (
    <div class="card">
      <h3>{title}</h3>
      <p>
        {policy.services.length === 0
          ? texts.noServices
          : policy.services.map((service, i) => (
              <span key={service}>
                {i > 0 && ", "}
                <a href={serviceLink(service)}>{service}</a>
              </span>
            ))}
      </p>
      <p class="hint">{policy.is_default ? texts.whyDefault : texts.whyFile(policy.team)}</p>
      {policy.steps.length === 0 ? <p class="notice bad">{texts.nobodyTold}</p> : <Steps policy={policy} />}
      {policy.last_resort.length > 0 && (
        <p class="detail">
          {texts.lastResort} <Targets targets={policy.last_resort} />
        </p>
      )}
    </div>
  );
}

/** `pages`: the server follows them. */
export function Policies({ policies, pages }: { policies: Policy[]; pages: boolean }) {
  const texts = ot.value;
  return (
    <section aria-labelledby="escalations">
      <h2 id="escalations">{texts.escalations}</h2>
      {policies.length === 0 && <p class="hint">{pages ? texts.noPolicies : texts.otherRoutes}</p>}
      <div class="cards">
        {policies.map((policy, i) => (
          <PolicyCard policy={policy} key={`${policy.name} ${policy.team} ${i}`} />
        ))}
      </div>
    </section>
  );
}
