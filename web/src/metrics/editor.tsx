// Where a query is written: a text field with completions below it, all by keyboard.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { complete, type Completion } from "./completion";
import { mt } from "./texts";

const listId = "promql-completions";

export function Editor(props: { value: string; invalid: boolean; onInput: (text: string) => void; onRun: () => void }) {
  const texts = mt.value;
  const field = useRef<HTMLTextAreaElement>(null);
  const found = useSignal<Completion[]>([]);
  const chosen = useSignal(0);
  const asked = useRef(0);

  const close = () => {
    ++asked.current;
    found.value = [];
  };
  const look = async () => {
    const number = ++asked.current;
    const at = field.current;
    if (!at || at.selectionStart !== at.selectionEnd) return close();
    const list = await complete(at.value, at.selectionStart);
    if (number !== asked.current) return;
    chosen.value = 0;
    found.value = list;
  };
  const take = (one: Completion) => {
    const at = field.current;
    if (!at) return;
    at.setRangeText(one.text, one.from, one.to, "end");
    props.onInput(at.value);
    at.focus();
    close();
  };
  const onKey = (event: KeyboardEvent) => {
    const list = found.value;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      close();
      props.onRun();
    } else if (list.length === 0) {
      if (event.key !== "Enter" || event.shiftKey) return;
      props.onRun();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : list.length - 1;
      chosen.value = (chosen.value + step) % list.length;
    } else if (event.key === "Tab" || event.key === "Enter") {
      const one = list[chosen.value];
      if (one) take(one);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const open = found.value.length > 0;
  return (
    <div class="editor">
      <textarea
        ref={field}
        name="query"
        rows={2}
        spellcheck={false}
        autocomplete="off"
        aria-label={texts.query}
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={open ? `${listId}-${chosen.value}` : undefined}
        aria-invalid={props.invalid}
        aria-describedby="promql-hint"
        value={props.value}
        onInput={(event) => {
          props.onInput(event.currentTarget.value);
          void look();
        }}
        onKeyDown={onKey}
        onClick={close}
        onBlur={close}
      />
      <ul id={listId} role="listbox" aria-label={texts.completions} hidden={!open}>
        {found.value.map((one, i) => (
          <li
            id={`${listId}-${i}`}
            role="option"
            aria-selected={i === chosen.value}
            // Before the field loses the focus.
            onMouseDown={(event) => {
              event.preventDefault();
              take(one);
            }}
            key={one.text}
          >
            {one.text}
          </li>
        ))}
      </ul>
    </div>
  );
}
