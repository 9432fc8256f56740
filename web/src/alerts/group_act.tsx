// What can be done about a group: acknowledge, escalate, resolve, silence.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { alertsLink } from "../router";
import { alerts, type Action, type Group } from "./ask";
import { commonLabels } from "./matchers";
import { al } from "./texts";

/** `onDone` gets what is to be told. */
export function Act({ group, title, onDone }: { group: Group; title: string; onDone: (told: string) => void }) {
  const texts = al.value;
  const comment = useRef<HTMLInputElement>(null);
  const failed = useSignal("");
  const act = async (action: Action) => {
    try {
      await alerts.act(group.group, action, comment.current?.value.trim() ?? "");
      if (comment.current) comment.current.value = "";
      failed.value = "";
      onDone(texts.done[action](title));
    } catch (error) {
      failed.value = `${texts.notDone} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const shared = commonLabels(group.alerts.map((one) => one.labels));
  const silenced = shared.length > 0 ? shared : Object.entries(group.labels);
  return (
    <p class="buttons">
      {!group.acknowledged && (
        <button type="button" onClick={() => void act("acknowledge")}>
          {texts.acknowledge}
        </button>
      )}
      <button type="button" onClick={() => void act("escalate")}>
        {texts.escalate}
      </button>
      <button type="button" onClick={() => void act("resolve")}>
        {texts.resolve}
      </button>
      <label>
        {texts.comment} <input ref={comment} maxLength={500} size={24} />
      </label>
      <a class="button" href={alertsLink("silences", silenced.map(([name, value]) => ["m", `${name}=${value}`]))}>
        {texts.silenceIt}
      </a>
      <span role="alert">{failed.value}</span>
    </p>
  );
}
