// The list of incidents, or one of them.
import { IncidentPage } from "./detail";
import { IncidentList } from "./list";

export function Incidents({ id }: { id: number }) {
  return id === 0 ? <IncidentList /> : <IncidentPage id={id} key={id} />;
}
