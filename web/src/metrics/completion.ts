// What may be written at a place of a PromQL query.
import { metrics } from "./ask";

const functions =
  "abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min cos cosh count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv exp floor histogram_count histogram_fraction histogram_quantile histogram_sum holt_winters hour idelta increase irate label_join label_replace last_over_time ln log10 log2 max_over_time min_over_time minute month pi predict_linear present_over_time quantile_over_time rad rate resets round scalar sgn sin sinh sort sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time tan tanh time timestamp vector year".split(
    " ",
  );
const aggregations = "avg bottomk count count_values group max min quantile stddev stdvar sum topk".split(" ");
const keywords = "and bool by group_left group_right ignoring offset on or unless without".split(" ");
const shownMax = 12;

export interface Completion {
  text: string;
  /** What stands there now and is replaced. */
  from: number;
  to: number;
}

let names: Promise<string[]> | undefined;
const labelsOf = new Map<string, Promise<string[]>>();
const valuesOf = new Map<string, Promise<string[]>>();

function remembered(from: Map<string, Promise<string[]>>, key: string, load: () => Promise<string[]>): Promise<string[]> {
  let known = from.get(key);
  if (!known) {
    known = load().catch(() => {
      from.delete(key);
      return [];
    });
    from.set(key, known);
  }
  return known;
}

/** What begins with `word` first, then what has it inside. */
function fitting(all: readonly string[], word: string): string[] {
  const lower = word.toLowerCase();
  const begins = all.filter((one) => one.toLowerCase().startsWith(lower));
  const holds = all.filter((one) => !one.toLowerCase().startsWith(lower) && one.toLowerCase().includes(lower));
  return [...begins, ...holds].filter((one) => one !== word).slice(0, shownMax);
}

/** The braces around the cursor: the metric before them and what stands inside up to it. */
function openBraces(before: string): { metric: string; inside: string } | undefined {
  let quoted = false;
  let open = -1;
  for (let i = 0; i < before.length; ++i) {
    const c = before[i];
    if (quoted) {
      if (c === "\\") ++i;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{") open = i;
    else if (c === "}") open = -1;
  }
  if (open < 0) return undefined;
  return { metric: /[a-zA-Z_:][\w:]*$/.exec(before.slice(0, open))?.[0] ?? "", inside: before.slice(open + 1) };
}

/** The completions at `cursor` of `text`, the likeliest first. */
export async function complete(text: string, cursor: number): Promise<Completion[]> {
  const before = text.slice(0, cursor);
  const braces = openBraces(before);
  const place = (word: string, all: readonly string[]) =>
    fitting(all, word).map((one) => ({ text: one, from: cursor - word.length, to: cursor }));
  if (braces) {
    const [, label, value] = /([a-zA-Z_]\w*)\s*(?:=|!=|=~|!~)\s*"([^"]*)$/.exec(braces.inside) ?? [];
    if (label !== undefined && value !== undefined) {
      const key = `${braces.metric} ${label}`;
      return place(value, await remembered(valuesOf, key, () => metrics.values(label, braces.metric)));
    }
    const [, word] = /(?:^|,)\s*([a-zA-Z_]\w*)?$/.exec(braces.inside) ?? [undefined, undefined];
    if (!/(?:^|,)\s*\w*$/.test(braces.inside)) return [];
    const labels = await remembered(labelsOf, braces.metric, () => metrics.labels(braces.metric));
    return place(word ?? "", labels.filter((one) => one !== "__name__"));
  }
  const word = /[a-zA-Z_:][\w:]*$/.exec(before)?.[0];
  if (!word) return [];
  names ??= metrics.names().catch(() => {
    names = undefined;
    return [];
  });
  return place(word, [...aggregations, ...functions, ...keywords, ...(await names)]);
}
