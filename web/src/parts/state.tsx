// How a service is: a shape and a word, never a colour alone.
import type { State } from "../api/client";
import { t } from "../settings";

const shapes: Record<State, preact.JSX.Element> = {
  ok: <circle cx="8" cy="8" r="5" />,
  anomaly: <path d="M8 2 L14.5 13.5 L1.5 13.5 Z" />,
  failure: <rect x="2.5" y="2.5" width="11" height="11" rx="1" />,
  unknown: <circle cx="8" cy="8" r="4.5" class="hollow" />,
};

export function StateMark({ state }: { state: State }) {
  return (
    <span class={`state ${state}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        {shapes[state]}
      </svg>
      {t.value.states[state]}
    </span>
  );
}
