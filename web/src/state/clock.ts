// Where the page is on the time line.

import { computed, signal } from "@preact/signals";

export interface ClockMessage {
  now_ms: number; first_ms: number; last_ms: number; speed: number; paused: boolean; live: boolean; marks: [number, number][];
}

export const clock = signal<ClockMessage>({
  now_ms: 0, first_ms: 0, last_ms: 0, speed: 1, paused: false, live: true, marks: [],
});

/** Whether what is shown lies in the past: commands are locked then. */
export const inThePast = computed(() => !clock.value.live);

export function clockText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
