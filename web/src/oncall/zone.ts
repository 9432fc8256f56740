// Clocks of other places: what the wall shows in a time zone, when it shows it, and in words.
import { language } from "../settings";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** A day and a time on a wall; months from 1. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** A zone that this browser does not know is shown as UTC, as the server counts it then. */
function format(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
    } catch {
      made = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
    }
    formats.set(key, made);
  }
  return made;
}

const numeric: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  hourCycle: "h23",
};

export function wallOf(ms: number, zone: string): Wall {
  const parts = format("en-US", zone, numeric).formatToParts(ms);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

function asUtc(wall: Wall): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
}

/** What the wall is ahead of UTC at that moment; whole minutes. */
function offsetAt(ms: number, zone: string): number {
  return asUtc(wallOf(ms, zone)) - Math.floor(ms / minuteMs) * minuteMs;
}

/**
 * When the wall shows this: the first time where it shows it twice; where it leaves it out, as if
 * it had not jumped yet. Days beyond a month's end count on.
 */
export function momentOf(wall: Wall, zone: string): number {
  const utc = asUtc(wall);
  const [before, after] = [offsetAt(utc - dayMs, zone), offsetAt(utc + dayMs, zone)];
  for (const offset of [before, after]) {
    if (offsetAt(utc - offset, zone) === offset) return utc - offset;
  }
  return utc - before;
}

/** The Monday, at 00:00, of the week in which the wall shows that moment. */
export function mondayOf(ms: number, zone: string): Wall {
  const wall = wallOf(ms, zone);
  const weekday = (new Date(asUtc(wall)).getUTCDay() + 6) % 7;
  return dayAfter({ ...wall, hour: 0, minute: 0 }, -weekday);
}

export function dayAfter(wall: Wall, days: number): Wall {
  const moved = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days));
  return { ...wall, year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

/** As an <input type="datetime-local"> writes it. */
export function fieldOf(ms: number, zone: string): string {
  const wall = wallOf(ms, zone);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(wall.year).padStart(4, "0")}-${two(wall.month)}-${two(wall.day)}T${two(wall.hour)}:${two(wall.minute)}`;
}

/** What such a field says, as a moment; NaN when it says nothing. */
export function momentOfField(field: string, zone: string): number {
  const found = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(field);
  if (!found) return NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  return momentOf({ year, month, day, hour, minute }, zone);
}

/** Day of the week, day and time on that clock. */
export function timeIn(ms: number, zone: string): string {
  return format(language.value, zone, {
    weekday: "short",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(ms);
}

export function dayIn(ms: number, zone: string): string {
  return format(language.value, zone, { month: "short", day: "numeric" }).format(ms);
}

/** The name of a day of the week; 0 is Monday. */
export function weekdayName(day: number): string {
  return format(language.value, "UTC", { weekday: "short" }).format(Date.UTC(2024, 0, 1 + day));
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
