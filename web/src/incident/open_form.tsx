// Opens an incident by hand.
import { useSignal } from "@preact/signals";
import type { Board } from "../api/client";
import { go, incidentLink } from "../router";
import { t } from "../settings";
import { incidents } from "./ask";
import { it } from "./texts";

export function OpenForm({ board }: { board: Board | undefined }) {
  const texts = it.value;
  const shown = useSignal(false);
  const failed = useSignal("");
  const services = (board?.teams ?? []).flatMap((one) => one.services);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    try {
      const { id } = await incidents.open(String(form.get("title")), String(form.get("service")));
      go(incidentLink(id));
    } catch (error) {
      failed.value = `${texts.notSaved} ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  if (!shown.value) {
    return (
      <button type="button" onClick={() => (shown.value = true)}>
        {texts.openOne}
      </button>
    );
  }
  return (
    <form class="decide card" aria-label={texts.openOne} onSubmit={(event) => void send(event)}>
      <label>
        {texts.what} <input name="title" required maxLength={200} size={40} />
      </label>
      <label>
        {t.value.service}{" "}
        <select name="service">
          <option value="">–</option>
          {services.map((one) => (
            <option value={one.name} key={one.name}>
              {one.title}
            </option>
          ))}
        </select>
      </label>
      <button>{texts.open}</button>
      <button type="button" class="quiet" onClick={() => (shown.value = false)}>
        {texts.cancel}
      </button>
      <p role="status">{failed.value}</p>
    </form>
  );
}
