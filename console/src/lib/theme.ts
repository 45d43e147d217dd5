import { useSyncExternalStore } from "react";

// What was chosen; "system" follows prefers-color-scheme. public/theme.js applies it before the first paint.
export type Theme = "system" | "light" | "dark";

const KEY = "laminar.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
dark.addEventListener("change", tell);

const chosen = (): Theme => {
  const theme = document.documentElement.dataset["theme"];
  return theme === "light" || theme === "dark" ? theme : "system";
};

export function setTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden: then it holds until the page is left.
  }
  tell();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosen);
// Which of the two is shown: for what draws on a canvas.
export const useShownTheme = (): "light" | "dark" =>
  useSyncExternalStore(subscribe, () => {
    const theme = chosen();
    return theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  });
