// What is scraped, and how the last scrape of each went; those that fail first.
import { count, dateTime, plain } from "../format";
import { useAsked } from "../logs/ask";
import { Head } from "../parts/head";
import { Shown } from "../parts/loaded";
import { metrics, seriesName, type Target } from "./ask";
import { mt } from "./texts";

const order = ["down", "unknown", "up"];

function Row({ target }: { target: Target }) {
  const texts = mt.value;
  const { job, ...others } = target.labels;
  const scraped = !target.lastScrape.startsWith("0001");
  return (
    <tr class={target.health === "down" ? "failure" : ""}>
      <td>
        {target.scrapeUrl || texts.inside}
        <div class="detail">
          <code>{seriesName(others)}</code>
        </div>
      </td>
      <td>{job}</td>
      <td>{texts.healths[target.health] ?? target.health}</td>
      <td>{scraped ? dateTime(Date.parse(target.lastScrape)) : "–"}</td>
      <td class="number">{scraped ? `${plain(target.lastScrapeDuration * 1000, 3)} ms` : "–"}</td>
      <td>{target.lastError}</td>
    </tr>
  );
}

export function Targets() {
  const texts = mt.value;
  const found = useAsked(metrics.targets, [], 5000);
  return (
    <Shown from={found.value}>
      {({ activeTargets }) => {
        if (activeTargets.length === 0) return <p class="hint">{texts.noTargets}</p>;
        const sorted = [...activeTargets].sort((a, b) => order.indexOf(a.health) - order.indexOf(b.health));
        const up = activeTargets.filter((one) => one.health === "up").length;
        const heads = [texts.target, texts.job, texts.health, texts.lastScrape, texts.duration, texts.lastError];
        return (
          <>
            <p>{texts.targetsUp(count(up), count(activeTargets.length))}</p>
            <div class="scroll" tabIndex={0} role="region" aria-label={texts.parts.targets}>
              <table>
                <Head columns={heads} />
                <tbody>
                  {sorted.map((target) => (
                    <Row target={target} key={target.scrapeUrl + seriesName(target.labels)} />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        );
      }}
    </Shown>
  );
}
