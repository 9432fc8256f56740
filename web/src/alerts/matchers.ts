// Matchers of labels as Alertmanager has them.

export interface Matcher {
  name: string;
  value: string;
  isEqual: boolean;
  isRegex: boolean;
}

export const operators = ["=", "!=", "=~", "!~"] as const;
export type Operator = (typeof operators)[number];

export function operatorOf(matcher: Matcher): Operator {
  if (matcher.isRegex) return matcher.isEqual ? "=~" : "!~";
  return matcher.isEqual ? "=" : "!=";
}

export function matcherOf(name: string, operator: Operator, value: string): Matcher {
  return { name, value, isEqual: operator === "=" || operator === "=~", isRegex: operator === "=~" || operator === "!~" };
}

/** For people: name="value". */
export function matcherText(matcher: Matcher): string {
  return `${matcher.name}${operatorOf(matcher)}${JSON.stringify(matcher.value)}`;
}

/** As the API's `filter` takes it. */
export function filterOf(matcher: Matcher): string {
  const name = /^[A-Za-z_:][\w:]*$/.test(matcher.name) ? matcher.name : JSON.stringify(matcher.name);
  return `${name}${operatorOf(matcher)}${JSON.stringify(matcher.value)}`;
}

/** What an address asks a new silence to begin with: `m=NAME=VALUE`, any number of times. */
export function askedMatchers(query: URLSearchParams): Matcher[] {
  return query.getAll("m").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals > 0 ? [matcherOf(pair.slice(0, equals), "=", pair.slice(equals + 1))] : [];
  });
}

/** The labels that all of them share, for such an address. */
export function commonLabels(all: Record<string, string>[]): [string, string][] {
  const [first = {}, ...others] = all;
  return Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value));
}
