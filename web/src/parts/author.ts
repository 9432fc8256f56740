// Who does something, for servers whose tokens do not say: asked once in a tab.
import { signal } from "@preact/signals";

export const author = signal("");
