// The page: bar, map, panel, detail, time line, and what is said above them.

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./i18n/index.ts";
import { listenToKeys, PANELS } from "./keys.ts";
import { PortMap } from "./map/port_map.ts";
import { Alarms } from "./panels/alarms.tsx";
import { Cranes } from "./panels/cranes.tsx";
import { Detail } from "./panels/detail.tsx";
import { AnswerNote, Confirmation, Help, KeyDialog, Search } from "./panels/dialogs.tsx";
import { Events } from "./panels/events.tsx";
import { Figures } from "./panels/figures.tsx";
import { Jobs } from "./panels/jobs.tsx";
import { hasMore, More } from "./panels/more.tsx";
import { Points } from "./panels/points.tsx";
import { Roads } from "./panels/roads.tsx";
import { TimeLine } from "./panels/time_line.tsx";
import { TopBar } from "./panels/top_bar.tsx";
import { inThePast } from "./state/clock.ts";
import { cutOff, link, stream, terminal } from "./state/stream.ts";
import { tables } from "./state/tables.ts";
import { camera, colourBy, dimension, following, type Panel, panel, selection, showHeat, showWays, theme } from "./state/view.ts";
import { Icon } from "./ui/icon.tsx";

const BODIES: Record<Panel, () => preact.JSX.Element | null> = {
  figures: Figures, cranes: Cranes, jobs: Jobs, points: Points, alarms: Alarms, events: Events, roads: Roads, more: More,
};
const JUMP_MS = 3_000;

export const shown: { map: PortMap | null } = { map: null };

export function App() {
  useEffect(() => listenToKeys(() => shown.map), []);
  const Body = panel.value ? BODIES[panel.value] : null;
  const old = link.value === "lost" || link.value === "stale";
  return (
    <div class={`page ${old ? "old" : ""} ${inThePast.value ? "in-the-past" : ""}`}>
      <TopBar onFit={() => shown.map?.fit()} />
      <main>
        <nav class="rail">
          {PANELS.filter((name) => name !== "more" || hasMore()).map((name, i) => (
            <button key={name} class={panel.value === name ? "on" : ""} title={`${t(name)} (${i + 1})`} data-test={`tab-${name}`} aria-pressed={panel.value === name}
              onClick={() => (panel.value = panel.value === name ? null : name)}><Icon name={name} /><span>{t(name)}</span></button>
          ))}
        </nav>
        {Body && <section class={`panel ${panel.value}`}><h2>{t(panel.value!)}</h2><Body /></section>}
        <MapHost />
        <Detail />
      </main>
      <TimeLine />
      <Banner />
      <AnswerNote />
      <Confirmation />
      <Search onFound={(_, id) => {
        const where = shown.map?.whereIs(id) ?? shown.map?.whereIs(tables.of("jobs").get(id)?.["truck"] ?? "") ?? shown.map?.whereIs(tables.of("boxes").get(id)?.["b"] ?? "");
        if (where) shown.map?.flyTo(...where, Math.max(shown.map.camera.scale, 4));
      }} />
      <Help />
      <KeyDialog />
    </div>
  );
}

function Banner() {
  const text = cutOff.value ? t("cutOffBanner") + cutOff.value : link.value === "lost" ? t("lostBanner") : link.value === "stale" ? t("staleBanner")
    : terminal.value?.whole === false ? t("partBanner") : "";
  if (text) return <div class="banner" role="alert" data-test="banner">{text}</div>;
  return inThePast.value && terminal.value?.mode !== "replay" ? <div class="banner past" data-test="past-banner">{t("pastFrame")}</div> : null;
}

function MapHost() {
  const host = useRef<HTMLDivElement>(null);
  const doc = terminal.value;
  useEffect(() => {
    if (!doc || !host.current || !stream.points) return;
    const map = new PortMap(host.current, doc, stream.points);
    shown.map = map;
    if (camera.peek()) map.camera.restore(camera.peek());
    let saved = 0;
    map.onCamera = (text) => {
      clearTimeout(saved);
      saved = window.setTimeout(() => (camera.value = text), 400);
    };
    map.onPick = (picked) => (selection.value = picked);
    let last = 0;
    const off = stream.onFrame((head, values) => {
      if (head.isKey || head.atMs < last || head.atMs - last > JUMP_MS * Math.max(1, head.speed)) map.restart();
      last = head.atMs;
      map.onFrame(values, head.wallMs);
    });
    return () => {
      off();
      map.dispose();
      shown.map = null;
    };
  }, [doc]);
  useSignalEffect(() => {
    void terminal.value; // a new terminal gets the same view
    const options = {
      theme: theme.value, dimension: dimension.value, colourBy: colourBy.value, selected: selection.value?.id ?? null,
      following: following.value, ways: showWays.value, heat: showHeat.value,
    };
    shown.map?.set(options);
  });
  useSignalEffect(() => stream.send({ c: "watch", ways: true, heat: showHeat.value }));
  return <div class="map" ref={host} data-test="map" tabIndex={0} aria-label={doc?.title} />;
}
