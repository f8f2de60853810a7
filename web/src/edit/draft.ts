// The draft of a terminal's file: changes, undo, what the server says of it.

import { computed, signal } from "@preact/signals";
import type { TerminalDoc } from "../wire/terminal.ts";

export type Table = Record<string, any>;
export interface Problem { key: string; message: string; cure: string; said: string }
export interface Finding { severity: "error" | "warning"; item: string; message: string; cure: string }
export interface Judged { raw: Table; ground: TerminalDoc | null; problems: Problem[]; findings: Finding[]; mark?: string; folder?: string; error?: string }

/** Kinds of rows that can be edited, in the order of the list. */
export const KINDS = ["roads", "laybys", "bays", "block_rows", "blocks", "nodes", "lanes", "places", "gates", "zones", "yard_cranes"] as const;
export type Kind = (typeof KINDS)[number];
export interface Chosen { kind: Kind; index: number; point: number | null }

export const raw = signal<Table | null>(null);
export const ground = signal<TerminalDoc | null>(null);
export const problems = signal<Problem[]>([]);
export const findings = signal<Finding[]>([]);
export const chosen = signal<Chosen | null>(null);
export const folder = signal("");
export const told = signal("");
export const isJudging = signal(false);
const saved = signal("");
const past: string[] = [];
const future: string[] = [];
const version = signal(0);
let mark = "";
let timer = 0;
let asked = 0;

export const isChanged = computed(() => (void version.value, JSON.stringify(raw.value) !== saved.value));
export const canUndo = computed(() => (void version.value, past.length > 0));
export const canRedo = computed(() => (void version.value, future.length > 0));

export async function open(): Promise<void> {
  const said = (await (await fetch("/edit/draft")).json()) as Judged;
  take(said);
  mark = said.mark ?? "";
  folder.value = said.folder ?? "";
  saved.value = JSON.stringify(said.raw);
}

/** Change the draft; the server judges it a moment later. `begins` keeps the state before for undo. */
export function change(edit: (draft: Table) => void, begins = true): void {
  if (!raw.value) return;
  if (begins) {
    past.push(JSON.stringify(raw.value));
    if (past.length > 200) past.shift();
    future.length = 0;
  }
  const next = structuredClone(raw.value);
  edit(next);
  raw.value = next;
  version.value++;
  judgeSoon();
}

export function undo(): void {
  step(past, future);
}

export function redo(): void {
  step(future, past);
}

function step(from: string[], to: string[]): void {
  const text = from.pop();
  if (!text) return;
  to.push(JSON.stringify(raw.value));
  raw.value = JSON.parse(text) as Table;
  version.value++;
  judgeSoon();
}

function judgeSoon(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void judge(), 250);
}

async function judge(): Promise<void> {
  const number = ++asked;
  isJudging.value = true;
  const said = (await post("/edit/draft", { raw: raw.value })) as Judged;
  if (number !== asked) return; // a newer draft is on its way
  isJudging.value = false;
  take({ ...said, raw: raw.value! });
}

export async function save(): Promise<boolean> {
  const said = (await post("/edit/save", { raw: raw.value, mark })) as Judged;
  if (said.error) {
    told.value = said.error;
    return false;
  }
  mark = said.mark ?? mark;
  take(said);
  saved.value = JSON.stringify(said.raw);
  version.value++;
  told.value = "saved";
  return true;
}

async function post(path: string, body: unknown): Promise<unknown> {
  try {
    return await (await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();
  } catch (error) {
    return { error: String(error), raw: raw.value, problems: problems.value, findings: findings.value, ground: null };
  }
}

function take(said: Judged): void {
  raw.value = said.raw;
  if (said.ground) ground.value = said.ground;
  problems.value = said.problems ?? [];
  findings.value = said.findings ?? [];
}

export function nameOf(row: Table, index: number): string {
  return String(row["id"] ?? row["ids"] ?? index);
}

/** A new name that no row of a kind has. */
export function freeName(kind: Kind, stem: string): string {
  const names = new Set((raw.value?.[kind] ?? []).map((row: Table, i: number) => nameOf(row, i)));
  let n = 1;
  while (names.has(`${stem}${n}`)) n++;
  return `${stem}${n}`;
}

export const round = (v: number): number => Math.round(v * 10) / 10;

/** Points of a row that can be taken hold of. */
export function handles(kind: Kind, row: Table): [number, number][] {
  if (kind === "roads") return row["points"] ?? [];
  if (kind === "zones") return row["polygon"] ?? [];
  if (kind === "nodes") return [[row["x_m"], row["y_m"]]];
  if (kind === "block_rows" || kind === "blocks") return row["origin"] ? [row["origin"]] : [];
  return [];
}

export function moveHandle(draft: Table, at: Chosen, x: number, y: number): void {
  const row = draft[at.kind]?.[at.index] as Table | undefined;
  if (!row) return;
  const to = [round(x), round(y)];
  if (at.kind === "roads") row["points"][at.point!] = to;
  else if (at.kind === "zones") row["polygon"][at.point!] = to;
  else if (at.kind === "nodes") [row["x_m"], row["y_m"]] = to;
  else row["origin"] = to;
}

/** Where a row lies: at its first handle, else in the middle of the road that it belongs to. */
export function rowAt(kind: Kind, row: Table): [number, number] | null {
  const own = handles(kind, row)[0];
  if (own) return own;
  const roads = (raw.value?.["roads"] ?? []) as Table[];
  const road = roads.find((r) => r["id"] === row["road"] || r["id"] === row["from_road"]) ?? roads.find((r) => r["id"] === row["to_road"]);
  const points = (road?.["points"] ?? []) as [number, number][];
  return points.length > 1 ? [(points[0]![0] + points[1]![0]) / 2, (points[0]![1] + points[1]![1]) / 2] : null;
}

/** Where a row, or what has grown from it, lies: for flying there. */
export function whereIs(id: string): [number, number] | null {
  const doc = ground.value;
  const place = doc?.places.find((p) => p.id === id);
  if (place) return [place.x, place.y];
  const lane = doc?.lanes.find((l) => l.id === id);
  if (lane) return lane.line[Math.floor(lane.line.length / 2)]!;
  const block = doc?.blocks.find((b) => b.id === id);
  if (block) return [block.x, block.y];
  for (const kind of KINDS) {
    const rows = (raw.value?.[kind] ?? []) as Table[];
    const row = rows.find((r, i) => nameOf(r, i) === id);
    const at = row && rowAt(kind, row);
    if (at) return at;
  }
  return null;
}

/** The row that a problem's key names, e.g. `roads[portal].points`. */
export function rowOf(key: string): Chosen | null {
  const found = /^(\w+)\[([^\]]+)\]/.exec(key);
  const kind = found?.[1] as Kind | undefined;
  if (!found || !kind || !KINDS.includes(kind)) return null;
  const rows = (raw.value?.[kind] ?? []) as Table[];
  const named = rows.findIndex((r, i) => nameOf(r, i) === found[2]);
  const index = named >= 0 ? named : /^\d+$/.test(found[2]!) && Number(found[2]) < rows.length ? Number(found[2]) : -1;
  return index < 0 ? null : { kind, index, point: null };
}
