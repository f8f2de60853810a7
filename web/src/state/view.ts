// What the person looks at: selection, panel, theme, view; kept in the URL so that it can be shared.

import { effect, signal } from "@preact/signals";

export type Panel = "figures" | "cranes" | "jobs" | "points" | "alarms" | "events" | "roads" | "more";
export interface Selection { kind: string; id: string }

const known = new URLSearchParams(location.hash.slice(1));

export const panel = signal<Panel | null>((known.get("panel") as Panel | null) ?? "figures");
export const selection = signal<Selection | null>(parse(known.get("sel")));
export const following = signal(known.get("follow") === "1");
export const theme = signal<"dark" | "light">(known.get("theme") === "light" ? "light" : "dark");
export const dimension = signal<"2d" | "3d">(known.get("dim") === "3d" ? "3d" : "2d");
export const colourBy = signal(known.get("colour") ?? "state");
export const showHeat = signal(known.get("heat") === "1");
export const showWays = signal(known.get("ways") !== "0");
export const camera = signal(known.get("at") ?? "");
export const dialog = signal<"" | "help" | "search">("");
export const bookmarks = signal<number[]>([]);

function parse(text: string | null): Selection | null {
  const [kind, id] = (text ?? "").split("/", 2);
  return kind && id ? { kind, id } : null;
}

effect(() => {
  const said = new URLSearchParams();
  if (panel.value) said.set("panel", panel.value);
  if (selection.value) said.set("sel", `${selection.value.kind}/${selection.value.id}`);
  if (following.value) said.set("follow", "1");
  if (theme.value === "light") said.set("theme", "light");
  if (dimension.value === "3d") said.set("dim", "3d");
  if (colourBy.value !== "state") said.set("colour", colourBy.value);
  if (showHeat.value) said.set("heat", "1");
  if (!showWays.value) said.set("ways", "0");
  if (camera.value) said.set("at", camera.value);
  history.replaceState(null, "", `#${said}`);
});

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
