// The frame of the views of metrics: ask, what is scraped, what there is much of.
import "./metrics.css";
import { metricsLink, type MetricsPart } from "../router";
import { useTitle } from "../title";
import { CardinalityView } from "./cardinality";
import { Explore } from "./explore";
import { Targets } from "./targets";
import { mt } from "./texts";

export function Metrics({ part }: { part: MetricsPart }) {
  const texts = mt.value;
  useTitle(part === "explore" ? texts.metrics : texts.parts[part]);
  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{texts.metrics}</h1>
      </div>
      <nav class="parts" aria-label={texts.parts.label}>
        {(["explore", "targets", "cardinality"] as const).map((one) => (
          <a href={metricsLink(one)} aria-current={one === part ? "page" : undefined} key={one}>
            {texts.parts[one]}
          </a>
        ))}
      </nav>
      {part === "explore" && <Explore />}
      {part === "targets" && <Targets />}
      {part === "cardinality" && <CardinalityView />}
    </>
  );
}
