// The time line: from the first instant that is kept to now, with its alarms.

import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { clock, clockText, inThePast } from "../state/clock.ts";
import { role, stream, terminal } from "../state/stream.ts";
import { bookmarks } from "../state/view.ts";
import { Icon } from "../ui/icon.tsx";

export const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 1000];

export function seek(atMs: number): void {
  stream.send({ c: "seek", at_ms: Math.max(0, Math.round(atMs)) });
}

export function pause(): void {
  stream.send({ c: "pause", paused: !clock.value.paused });
}

export function step(ms: number): void {
  if (clock.value.live && terminal.value?.mode === "simulation" && ms > 0) stream.send({ c: "step", ms });
  else seek((stream.head?.atMs ?? 0) + ms);
}

export function nextAlarm(back: boolean): void {
  stream.send({ c: "next_alarm", back });
}

export function goLive(): void {
  if (terminal.value?.mode !== "replay") stream.send({ c: "live" });
}

export function addBookmark(): void {
  if (stream.head) bookmarks.value = [...bookmarks.value, stream.head.atMs].sort((a, b) => a - b);
}

export function TimeLine() {
  const bar = useRef<HTMLDivElement>(null), knob = useRef<HTMLDivElement>(null), text = useRef<HTMLSpanElement>(null);
  const { first_ms: first, marks, speed, paused } = clock.value;
  const lastMs = (): number => Math.max(clock.peek().last_ms, clock.peek().live ? (stream.head?.atMs ?? 0) : 0, first + 1);
  useEffect(() => stream.onFrame((head) => {
    const share = (head.atMs - clock.peek().first_ms) / (lastMs() - clock.peek().first_ms);
    if (knob.current) knob.current.style.left = `${100 * Math.min(1, Math.max(0, share))}%`;
    if (text.current) text.current.textContent = `${clockText(head.atMs)} / ${clockText(lastMs())}`;
  }), []);
  const scrub = (e: PointerEvent): void => {
    if (e.buttons !== 1 || !bar.current) return;
    const box = bar.current.getBoundingClientRect();
    seek(first + Math.min(1, Math.max(0, (e.clientX - box.left) / box.width)) * (lastMs() - first));
  };
  const span = lastMs() - first;
  const mayPace = inThePast.value || (role.value === "operator" && terminal.value?.mode === "simulation");
  return (
    <footer class="time-line" data-test="time-line" data-live={!inThePast.value}>
      <button class="bare" title={t("alarmBefore")} data-test="alarm-before" onClick={() => nextAlarm(true)}><Icon name="back" /></button>
      <button class="bare" title={t(paused ? "resume" : "pause")} data-test="pause" disabled={!mayPace} onClick={pause}><Icon name={paused ? "play" : "pause"} /></button>
      <button class="bare" title={t("alarmNext")} data-test="alarm-next" onClick={() => nextAlarm(false)}><Icon name="next" /></button>
      <select class="small" aria-label={t("speed")} data-test="speed-select" disabled={!mayPace} value={String(nearestSpeed(speed))} onChange={(e) => stream.send({ c: "speed", x: Number(e.currentTarget.value) })}>
        {SPEEDS.map((s) => <option key={s} value={String(s)}>×{s}</option>)}
      </select>
      <div class="track" ref={bar} data-test="track" onPointerDown={(e) => { e.currentTarget.setPointerCapture(e.pointerId); scrub(e); }} onPointerMove={scrub}>
        {thin(marks, first, span).map(([at, priority]) => <i key={`${at}/${priority}`} class={`mark p${priority}`} style={{ left: `${(100 * (at - first)) / span}%` }} />)}
        {bookmarks.value.map((at) => <i key={`b${at}`} class="mark book" style={{ left: `${(100 * (at - first)) / span}%` }} onPointerDown={(e) => { e.stopPropagation(); seek(at); }} />)}
        <div class="knob" ref={knob} />
      </div>
      <span class="time-text" ref={text} />
      <button class="bare" title={t("bookmark")} onClick={addBookmark}><Icon name="mark" /></button>
      <button class="bare" title={t("share")} onClick={() => void navigator.clipboard?.writeText(location.href)}><Icon name="share" /></button>
      {terminal.value?.mode !== "replay" && <button class={`live-button ${inThePast.value ? "" : "on"}`} data-test="live" onClick={goLive}>{t("goLive")}</button>}
    </footer>
  );
}

function nearestSpeed(speed: number): number {
  return SPEEDS.reduce((best, s) => (Math.abs(Math.log(s / speed)) < Math.abs(Math.log(best / speed)) ? s : best), 1);
}

/** At most one mark a three-hundredth of the line, the most urgent. */
function thin(marks: [number, number][], first: number, span: number): [number, number][] {
  const cells = new Map<number, [number, number]>();
  for (const mark of marks) {
    const cell = Math.floor((300 * (mark[0] - first)) / span), old = cells.get(cell);
    if (!old || old[1] > mark[1]) cells.set(cell, mark);
  }
  return [...cells.values()];
}
