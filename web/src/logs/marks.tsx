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

const severityChoices: Exclude<LogSeverity, "">[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** A choice of the least severity, for a form; `chosen` is where it begins. */
export function SeverityChoice({ chosen }: { chosen: string }) {
  const texts = lt.value;
  return (
    <label>
      {texts.severity}{" "}
      <select name="severity">
        <option value="">{texts.anySeverity}</option>
        {severityChoices.map((one) => (
          <option value={one} selected={one === chosen} key={one}>
            {texts.atLeast(texts.severities[one])}
          </option>
        ))}
      </select>
    </label>
  );
}
