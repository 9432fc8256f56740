// The browser's tab says where one is.
import { useEffect } from "preact/hooks";
import { t } from "./settings";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${t.value.title}` : t.value.title;
  }, [title]);
}
