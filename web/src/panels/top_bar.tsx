// Where we are, when it is, how fresh it is; the switches of the page.

import { useEffect, useRef } from "preact/hooks";
import { language, t } from "../i18n/index.ts";
import { clock, clockText, inThePast } from "../state/clock.ts";
import { link, role, stream, terminal, who } from "../state/stream.ts";
import { colourBy, dialog, dimension, panel, showHeat, showWays, theme } from "../state/view.ts";
import { Icon } from "../ui/icon.tsx";
import { openAlarms, PriorityMark } from "./alarms.tsx";

export function TopBar({ onFit }: { onFit: () => void }) {
  const doc = terminal.value;
  const alarms = openAlarms();
  const counts = [1, 2, 3, 4].map((p) => alarms.filter(([, row]) => row["priority"] === p));
  return (
    <header class="top-bar">
      <span class="brand">Portway</span>
      <span class="title">{doc?.title}</span>
      <span class={`mode ${inThePast.value ? "past" : ""}`} data-test="mode" data-mode={doc?.mode} data-past={inThePast.value}>{inThePast.value && doc?.mode !== "replay" ? t("past") : doc ? t(doc.mode) : ""}</span>
      <Clocks />
      <span class={`link-state ${link.value}`} data-test="link" data-state={link.value}><i />{t(`link_${link.value}`)}<Age /></span>
      <span class="spring" />
      <span class="alarm-counts" data-test="alarm-counts" onClick={() => (panel.value = "alarms")}>
        {counts.map((of, i) => of.length > 0 && <span key={i} data-priority={i + 1} data-count={of.length}><PriorityMark priority={i + 1} flashing={of.some(([, r]) => r["state"] === "unacknowledged")} />{of.length}</span>)}
      </span>
      <button class="bare" title={`${t("search")} (Ctrl-K)`} data-test="open-search" onClick={() => (dialog.value = "search")}><Icon name="search" /></button>
      <select class="small" aria-label={t("state")} value={colourBy.value} onChange={(e) => (colourBy.value = e.currentTarget.value)}>
        {(["state", "speed", "job", "battery", "waiting"] as const).map((c) => <option key={c} value={c}>{t(`colour_${c}`)}</option>)}
      </select>
      <button class={`bare ${showWays.value ? "on" : ""}`} title={t("ways")} aria-pressed={showWays.value} onClick={() => (showWays.value = !showWays.value)}><Icon name="ways" /></button>
      <button class={`bare ${showHeat.value ? "on" : ""}`} title={t("heat")} aria-pressed={showHeat.value} data-test="heat" onClick={() => (showHeat.value = !showHeat.value)}><Icon name="heat" /></button>
      <button class="bare" title={t("fit")} onClick={onFit}><Icon name="fit" /></button>
      <button class="bare" title={t("dimension")} data-test="dimension" onClick={() => (dimension.value = dimension.value === "2d" ? "3d" : "2d")}><Icon name={dimension.value === "2d" ? "cube" : "flat"} /></button>
      <button class="bare" title={t("theme")} data-test="theme" onClick={() => (theme.value = theme.value === "dark" ? "light" : "dark")}><Icon name="sun" /></button>
      <button class="bare language" data-test="language" onClick={() => (language.value = language.value === "en" ? "zh" : "en")}>{t("other")}</button>
      <span class="quiet who" title={role.value}>{who.value}</span>
      <button class="bare" title={`${t("help")} (?)`} onClick={() => (dialog.value = "help")}><Icon name="help" /></button>
    </header>
  );
}

/** Wall clock and the run's clock, written at every frame. */
function Clocks() {
  const wall = useRef<HTMLSpanElement>(null), run = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      if (wall.current) wall.current.textContent = new Date().toLocaleTimeString("en-GB");
    }, 500);
    const off = stream.onFrame((head) => {
      if (run.current) run.current.textContent = clockText(head.atMs);
    });
    return () => {
      clearInterval(timer);
      off();
    };
  }, []);
  const speed = clock.value.speed;
  return (
    <span class="clocks">
      <span ref={run} class="run-clock" data-test="clock" />
      <span class="speed" data-test="speed">{clock.value.paused ? t("pause") : `×${speed < 10 ? Number(speed.toFixed(1)) : speed.toFixed(0)}`}</span>
      <span ref={wall} class="quiet" />
    </span>
  );
}

function Age() {
  const text = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      const ages = stream.agesMs;
      if (text.current) text.current.textContent = ages.length ? ` ${Math.max(0, ages[ages.length - 1]!).toFixed(0)} ms` : "";
    }, 500);
    return () => clearInterval(timer);
  }, []);
  return <span class="quiet" ref={text} title={t("age")} />;
}
