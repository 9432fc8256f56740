// Parts of the week of an escalation's step, in words.
import { weekdayName } from "./zone";

const dayMinutes = 24 * 60;

function clockText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

interface Part {
  begin: number;
  end: number;
}

/**
 * "Mon–Fri 09:00–17:00": days in a row with the same times are one. `parts` are minutes from Monday
 * 00:00, in order.
 */
export function partsOfWeek(parts: Part[]): string {
  const runs: { first: number; last: number; from: number; length: number }[] = [];
  for (const part of parts) {
    const day = Math.floor(part.begin / dayMinutes);
    const from = part.begin % dayMinutes;
    const length = part.end - part.begin;
    const run = runs[runs.length - 1];
    if (run && run.last + 1 === day && run.from === from && run.length === length && length <= dayMinutes) run.last = day;
    else runs.push({ first: day, last: day, from, length });
  }
  return runs
    .map(({ first, last, from, length }) => {
      const end = from + length;
      const until = end % dayMinutes === 0 ? "24:00" : clockText(end % dayMinutes);
      if (length > dayMinutes) {
        const lastDay = first + Math.floor((end - 1) / dayMinutes);
        return `${weekdayName(first % 7)} ${clockText(from)} – ${weekdayName(lastDay % 7)} ${until}`;
      }
      const days = first === last ? weekdayName(first) : `${weekdayName(first)}–${weekdayName(last)}`;
      return length === dayMinutes && from === 0 ? days : `${days} ${clockText(from)}–${until}`;
    })
    .join(", ");
}
