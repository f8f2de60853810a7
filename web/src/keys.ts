// The keyboard: everything that a hand can do on the map and the time line.

import { language } from "./i18n/index.ts";
import type { PortMap } from "./map/port_map.ts";
import { addBookmark, goLive, nextAlarm, pause, step } from "./panels/time_line.tsx";
import { dialog, dimension, following, type Panel, panel, selection, theme } from "./state/view.ts";

export const PANELS: Panel[] = ["figures", "cranes", "jobs", "points", "alarms", "events", "roads", "more"];
const MOVE_PX = 60;

export function listenToKeys(map: () => PortMap | null): () => void {
  const take = (e: KeyboardEvent): void => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
      e.preventDefault();
      dialog.value = "search";
      return;
    }
    const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement || document.querySelector("dialog[open]");
    if (typing || e.ctrlKey || e.metaKey) return;
    if (act(e, map())) e.preventDefault();
  };
  addEventListener("keydown", take);
  return () => removeEventListener("keydown", take);
}

function act(e: KeyboardEvent, map: PortMap | null): boolean {
  const stride = e.shiftKey ? 10 : e.altKey ? 500 : 100;
  if (/^[1-8]$/.test(e.key)) {
    const wanted = PANELS[Number(e.key) - 1]!;
    panel.value = panel.value === wanted ? null : wanted;
    return true;
  }
  switch (e.key.length === 1 ? e.key.toLowerCase() : e.key) {
    case " ": pause(); return true;
    case "ArrowLeft": step(-stride); return true;
    case "ArrowRight": step(stride); return true;
    case "l": goLive(); return true;
    case "n": nextAlarm(e.shiftKey); return true;
    case "b": addBookmark(); return true;
    case "f": map?.fit(); return true;
    case "v": dimension.value = dimension.value === "2d" ? "3d" : "2d"; return true;
    case "t": theme.value = theme.value === "dark" ? "light" : "dark"; return true;
    case "z": language.value = language.value === "en" ? "zh" : "en"; return true;
    case "g": following.value = !following.value; return true;
    case "+": case "=": map?.camera.zoom(1.3); return true;
    case "-": map?.camera.zoom(1 / 1.3); return true;
    case "w": map?.camera.move(0, MOVE_PX); return true;
    case "s": map?.camera.move(0, -MOVE_PX); return true;
    case "a": map?.camera.move(MOVE_PX, 0); return true;
    case "d": map?.camera.move(-MOVE_PX, 0); return true;
    case "q": map?.camera.rotate(0.1); return true;
    case "e": map?.camera.rotate(-0.1); return true;
    case "?": dialog.value = "help"; return true;
    case "/": dialog.value = "search"; return true;
    case "Escape": selection.value = null; following.value = false; return true;
  }
  return false;
}
