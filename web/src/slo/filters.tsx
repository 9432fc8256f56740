// Which SLOs are shown; what is chosen stands in the address.
import type { SloList } from "../api/client";
import { query, replace, slosLink } from "../router";
import { st } from "./texts";

function choose(name: string, value: string): void {
  const asked = { ...Object.fromEntries(query.value), [name]: value };
  replace(slosLink("", asked));
}

function Select(props: { name: string; label: string; all: string; choices: [string, string][] }) {
  const value = query.value.get(props.name) ?? "";
  // What stands in the address is shown even when nobody knows it, so that it can be taken off.
  const known = value === "" || props.choices.some(([one]) => one === value);
  const choices: [string, string][] = known ? props.choices : [...props.choices, [value, value]];
  return (
    <label>
      {props.label}{" "}
      <select value={value} onChange={(event) => choose(props.name, event.currentTarget.value)}>
        <option value="">{props.all}</option>
        {choices.map(([one, text]) => (
          <option value={one} key={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Filters({ teams }: { teams: SloList["teams"] }) {
  const texts = st.value;
  return (
    <form class="slo-filters" role="search" aria-label={texts.filters} onSubmit={(event) => event.preventDefault()}>
      <Select
        name="team"
        label={texts.team}
        all={texts.allTeams}
        choices={teams.filter((one) => one.name).map((one) => [one.name, `${one.title} (${one.slos})`])}
      />
      <Select name="state" label={texts.state} all={texts.allStates} choices={Object.entries(texts.states)} />
      <label>
        {texts.search}{" "}
        <input
          type="search"
          placeholder={texts.searchHint}
          value={query.value.get("q") ?? ""}
          onInput={(event) => choose("q", event.currentTarget.value)}
        />
      </label>
    </form>
  );
}
