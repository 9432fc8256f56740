// Numbers, times and durations as the reader's language writes them.
import { language } from "./settings";

/** Making a format takes longer than a hundred uses of it, and a board has thousands of numbers. */
const numbers = new Map<string, Intl.NumberFormat>();
function number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language.value + JSON.stringify(options);
  const known = numbers.get(key) ?? new Intl.NumberFormat(language.value, options);
  numbers.set(key, known);
  return known;
}

const times = new Map<string, Intl.DateTimeFormat>();
function time(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language.value + JSON.stringify(options);
  const known = times.get(key) ?? new Intl.DateTimeFormat(language.value, options);
  times.set(key, known);
  return known;
}

export function count(value: number): string {
  return number({ maximumFractionDigits: 0 }).format(value);
}
export function plain(value: number, digits = 2): string {
  return number({ maximumSignificantDigits: Math.max(digits, 1) }).format(value);
}
export function percent(share: number, digits = 1): string {
  return number({ style: "percent", maximumFractionDigits: digits }).format(share);
}
/** A chance: small ones as one in so many. */
export function chance(value: number): string {
  if (value > 0 && value < 0.001) return `1/${count(1 / value)}`;
  return number({ style: "percent", maximumSignificantDigits: 3 }).format(value);
}
/** A target such as 99.95 % keeps its digits. */
export function target(share: number): string {
  return number({ style: "percent", maximumFractionDigits: 4 }).format(share);
}

/** Budget minutes: small ones keep two significant digits. */
export function minutes(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
  const rounded = number({ maximumFractionDigits: digits }).format(value);
  return language.value === "ja" ? `${rounded} 分` : `${rounded} min`;
}

const units: [number, Intl.NumberFormatOptions["unit"]][] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];
export function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [size, unit] of units) {
    const whole = Math.floor(rest / size);
    if (whole === 0 || parts.length === 2) continue;
    rest -= whole * size;
    parts.push(number({ style: "unit", unit: unit ?? "second", unitDisplay: "short" }).format(whole));
  }
  return parts.length > 0
    ? parts.join(" ")
    : number({ style: "unit", unit: "second", unitDisplay: "short" }).format(0);
}

export function dateTime(ms: number): string {
  return time({
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms);
}
export function day(ms: number): string {
  return time({ month: "short", day: "numeric" }).format(ms);
}
export function clock(ms: number): string {
  return time({
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms);
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];
export function bytes(value: number): string {
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < byteUnits.length - 1) {
    size /= 1024;
    ++unit;
  }
  return `${number({ maximumFractionDigits: size < 10 ? 1 : 0 }).format(size)} ${byteUnits[unit]}`;
}

/** A signal's value with its unit. */
export function signalValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "–";
  switch (unit) {
    case "per_second":
      return `${plain(value, 3)}/s`;
    case "ratio":
      return percent(value, value > 0.99 && value < 1 ? 3 : 1);
    case "times":
      return `${plain(value, 3)}×`;
    case "seconds":
      return value < 1 ? `${plain(value * 1000, 3)} ms` : `${plain(value, 3)} s`;
    case "bytes":
      return bytes(value);
    case "bytes_per_second":
      return `${bytes(value)}/s`;
    default:
      return plain(value, 3);
  }
}
