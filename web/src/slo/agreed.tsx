// What people agreed on: the policy, who stands behind the SLO, what is not to count.
import type { SloDetail } from "../api/client";
import { dateTime, minutes, percent } from "../format";
import { Head } from "../parts/head";
import { st } from "./texts";

export function Policy({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  return (
    <section aria-label={texts.policy}>
      <h2>{texts.policy}</h2>
      {detail.policy.length === 0 && <p class="hint">{texts.noPolicy}</p>}
      <ul>
        {detail.policy.map((step) => (
          <li key={`${step.action} ${step.condition}`}>
            <b>{texts.actions[step.action]}</b>: {texts.condition(step)}.{" "}
            {step.since === null ? texts.notInForce : texts.inForce(dateTime(step.since))}
            {step.text && <div class="detail">{step.text}</div>}
            {step.since !== null && step.overridden && (
              <div class="detail">
                {texts.overridden(step.overridden.author, dateTime(step.overridden.until), step.overridden.reason)}
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Agreement({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const { agreement, team_title } = detail.summary;
  const facts: [string, string][] = [
    [texts.state, texts.agreements[agreement.state]],
    [texts.owner, team_title || texts.noOwner],
    [texts.approver, agreement.approver || "–"],
    [texts.approved, agreement.approved || texts.notYet],
    [texts.review, agreement.review || texts.never],
  ];
  return (
    <section aria-label={texts.agreement}>
      <h2>{texts.agreement}</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function Changes({ detail }: { detail: SloDetail }) {
  const texts = st.value;
  const heads = [texts.what, texts.from, texts.to, texts.reason, texts.author];
  return (
    <section aria-label={texts.exclusions}>
      <h2>{texts.exclusions}</h2>
      {detail.changes.length === 0 && <p class="hint">{texts.noExclusions}</p>}
      {detail.changes.length > 0 && (
        <>
          <p>
            {texts.bothValues(
              percent(detail.summary.budget.remaining_share),
              percent(detail.unchanged_remaining_share),
            )}
          </p>
          <div class="scroll" tabIndex={0} role="region" aria-label={`${texts.table}: ${texts.exclusions}`}>
            <table>
              <Head columns={heads} />
              <tbody>
                {detail.changes.map((one) => (
                  <tr key={`${one.kind} ${one.begin} ${one.reason}`}>
                    <td>
                      {one.kind === "exclude" ? texts.excluded : texts.adjusted(minutes(one.minutes))}
                      {one.recurrence && <div class="detail">{texts.repeats(one.recurrence, one.time_zone)}</div>}
                    </td>
                    <td>{dateTime(one.begin)}</td>
                    <td>{one.end === null ? "–" : dateTime(one.end)}</td>
                    <td>{one.reason}</td>
                    <td>{one.author}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
