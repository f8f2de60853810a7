// What an operator orders: asked for once more, with a reason, and answered.

import { signal } from "@preact/signals";
import { type Word } from "../i18n/index.ts";
import { type Answer, stream } from "./stream.ts";

export interface Intent { word: Word; subject: string; name: string; arguments: Record<string, unknown>; field?: { word: Word; key: string } }

export const intent = signal<Intent | null>(null);
export const answer = signal<{ intent: Intent; answer: Answer } | null>(null);

/** Ask the person before anything is done. */
export function intend(wish: Intent): void {
  answer.value = null;
  intent.value = wish;
}

/** Carry out what the person has confirmed. */
export async function confirm(reason: string, more: Record<string, unknown>): Promise<void> {
  const wish = intent.value;
  if (!wish) return;
  intent.value = null;
  await order(wish, { ...wish.arguments, ...more }, reason);
}

/** Carry out at once what needs no confirmation (alarms). */
export async function order(wish: Intent, args: Record<string, unknown>, reason: string): Promise<void> {
  const said = await stream.ask<Answer>({ c: "command", name: wish.name, reason, ...args });
  answer.value = { intent: wish, answer: said };
  if (said.ok) setTimeout(() => (answer.value?.answer === said ? (answer.value = null) : undefined), 3_000);
}
