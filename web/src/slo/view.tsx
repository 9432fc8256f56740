// The frame of the views of SLOs: the board, one SLO, the review.
import "./slo.css";
import type { Route } from "../router";
import { Board } from "./board";
import { Detail } from "./detail";
import { Review } from "./review";

export function Slos({ at }: { at: Extract<Route, { view: "slos" }> }) {
  if (at.part === "review") return <Review />;
  if (at.part === "detail") return <Detail service={at.service} slo={at.slo} key={`${at.service}/${at.slo}`} />;
  return <Board />;
}
