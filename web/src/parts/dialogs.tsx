// The two dialogs: which keys there are, and the token the server asks for.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { setToken } from "../api/client";
import { t } from "../settings";

function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={props.onClose}>
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const texts = t.value;
  return (
    <Dialog title={texts.help} onClose={onClose}>
      <dl class="keys">
        {texts.shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button>{texts.close}</button>
      </form>
    </Dialog>
  );
}

export function SignInDialog() {
  const texts = t.value.signIn;
  const token = useRef<HTMLInputElement>(null);
  const send = (event: Event) => {
    event.preventDefault();
    const value = token.current?.value.trim();
    if (value) setToken(value);
  };
  return (
    <Dialog title={texts.title} onClose={() => undefined}>
      <form onSubmit={send}>
        <label>
          {texts.token} <input ref={token} type="password" autocomplete="current-password" required />
        </label>
        <p class="hint">{texts.hint}</p>
        <button>{texts.send}</button>
      </form>
    </Dialog>
  );
}
