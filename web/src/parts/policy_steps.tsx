// The steps of a budget of anomalies that are in force.
import type { AnomalyBudget } from "../api/client";
import { duration, percent, plain } from "../format";
import { t } from "../settings";

export function PolicySteps({ budget }: { budget: AnomalyBudget }) {
  const texts = t.value;
  if (budget.policy.length === 0) return null;
  return (
    <ul class="steps" aria-label={texts.stepsInForce}>
      {budget.policy.map((step) => (
        <li key={`${step.action} ${step.condition}`} class={step.action}>
          <b>{texts.steps[step.action]}</b>{" "}
          {step.over_seconds > 0
            ? texts.stepBurn(plain(step.burn, 3), duration(step.over_seconds))
            : texts.stepSpent(percent(step.spent))}
          {step.overridden && <span class="detail"> {texts.stepOverridden(step.overridden.reason)}</span>}
          {step.text && <span class="detail"> {step.text}</span>}
        </li>
      ))}
    </ul>
  );
}
