// The groups of alerts that fire: those that nobody takes care of first.
import { useSignal } from "@preact/signals";
import { refresh, useLive } from "../live";
import { Choice } from "../parts/choice";
import { Shown } from "../parts/loaded";
import { query, refine } from "../router";
import { alerts, type Group, type ListedAlert } from "./ask";
import { escalations, type Escalation } from "./escalations";
import { GroupCard, titleOf } from "./group";
import { al } from "./texts";

const pollMs = 3000;
const groupsMax = 100;

function fits(group: Group, words: string, state: string): boolean {
  if (state === "unacknowledged" && group.acknowledged) return false;
  const text = [titleOf(group), group.receiver, ...group.alerts.flatMap((one) => Object.values(one.labels))].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(" ")
    .every((word) => text.includes(word));
}

function inOrder(groups: Group[]): Group[] {
  const key = (group: Group) => `${group.acknowledged ? 0 : 1} ${group.opened_at} ${group.group}`;
  return [...groups].sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

function List({ groups, open, silenced }: { groups: Group[]; open: Escalation[]; silenced: ListedAlert[] }) {
  const texts = al.value;
  const told = useSignal("");
  const quiet = new Set(silenced.map((one) => one.fingerprint));
  const [words, state] = [query.value.get("q") ?? "", query.value.get("state") ?? ""];
  const shown = inOrder(groups.filter((group) => fits(group, words, state)));
  const done = (text: string) => {
    told.value = text;
    refresh();
  };
  return (
    <>
      <p role="status" class="hint">
        {told.value}
      </p>
      {shown.length === 0 && <p class="hint">{groups.length === 0 ? texts.noGroups : texts.noneFits}</p>}
      <div class="groups">
        {shown.slice(0, groupsMax).map((group) => (
          <GroupCard
            group={group}
            escalation={open.find((one) => one.group_id === group.group)}
            silenced={quiet}
            onDone={done}
            key={group.group}
          />
        ))}
      </div>
      {shown.length > groupsMax && <p class="hint">{texts.more(shown.length - groupsMax)}</p>}
    </>
  );
}

export function Groups() {
  const texts = al.value;
  const loaded = useLive(alerts.groups, [], pollMs);
  const open = useLive(escalations, [], pollMs);
  const silenced = useLive(alerts.silenced, [], pollMs);
  return (
    <>
      <p class="buttons">
        <Choice
          label={texts.show}
          value={query.value.get("state") ?? "all"}
          choices={Object.entries(texts.filters)}
          onChoose={(state) => refine({ state: state === "all" ? "" : state })}
        />
        <label>
          {texts.search} <input type="search" value={query.value.get("q") ?? ""} onInput={(event) => refine({ q: event.currentTarget.value })} />
        </label>
      </p>
      <Shown from={loaded.value}>{({ groups }) => <List groups={groups} open={open.value.data ?? []} silenced={silenced.value.data ?? []} />}</Shown>
    </>
  );
}
