// What is said of a pattern or a line in a word: its mark and its severity, never by colour alone.
import type { LogBadge, LogSeverity } from "../api/client";
import { lt } from "./texts";

const signs: Record<LogBadge, string> = { new: "+", up: "↑", down: "↓", gone: "×" };

export function Badge({ badge }: { badge: LogBadge }) {
  return (
    <span class={`badge ${badge}`}>
      <span aria-hidden="true">{signs[badge]}</span> {lt.value.badges[badge]}
    </span>
  );
}

export function Severity({ severity }: { severity: LogSeverity }) {
  if (!severity) return null;
  return <span class={`severity ${severity}`}>{lt.value.severities[severity]}</span>;
}

export const severityChoices: Exclude<LogSeverity, "">[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** A choice of the least severity, for a form. */
export function SeverityChoice({ value, onChoose }: { value: string; onChoose?: (value: string) => void }) {
  const texts = lt.value;
  return (
    <label>
      {texts.severity}{" "}
      <select name="severity" value={value} onChange={(event) => onChoose?.(event.currentTarget.value)}>
        <option value="">{texts.anySeverity}</option>
        {severityChoices.map((one) => (
          <option value={one} key={one}>
            {texts.atLeast(texts.severities[one])}
          </option>
        ))}
      </select>
    </label>
  );
}
