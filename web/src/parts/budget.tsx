// A budget as a bar: how much is left, and in words how much was spent of how much.
import type { Budget } from "../api/client";
import { minutes, percent } from "../format";
import { t } from "../settings";

export function BudgetBar({ budget, label }: { budget: Budget; label: string }) {
  const share = budget.remaining_share;
  const shown = Math.min(Math.max(share, 0), 1);
  const level = share <= 0 ? "empty" : share < 0.25 ? "low" : "fine";
  const left = t.value.left(percent(share));
  const spent = t.value.spentOf(minutes(budget.spent_minutes), minutes(budget.allowance_minutes));
  return (
    <div class="budget">
      <div
        class={`bar ${level}`}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shown * 100)}
        aria-valuetext={`${left}, ${spent}`}
      >
        <div style={{ width: `${shown * 100}%` }} />
      </div>
      <span class="budget-left">{left}</span>
      <span class="budget-spent">{spent}</span>
    </div>
  );
}
