// The layout editor: map, list of rows, the keys of the chosen row, and what is wrong.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { language, t, type Word } from "../i18n/index.ts";
import { theme } from "../state/view.ts";
import { Icon } from "../ui/icon.tsx";
import { EditCanvas, editor } from "./canvas.tsx";
import {
  canRedo, canUndo, change, chosen, findings, folder, freeName, isChanged, isJudging, type Kind, KINDS, nameOf, open, problems, raw, redo, round, rowOf, save, type Table, told, undo,
  whereIs,
} from "./draft.ts";

const tool = signal("");

interface Tool { word: Word; kind: Kind; points: number; make: (points: [number, number][]) => Table }

const TOOLS: Record<string, Tool> = {
  road: { word: "newRoad", kind: "roads", points: 0, make: (points) => ({ id: freeName("roads", "road"), points, two_way: true }) },
  blocks: {
    word: "newBlocks", kind: "block_rows", points: 1,
    make: ([at]) => ({ ids: `${freeName("block_rows", "N")}-{n}`, origin: at, count: 1, pitch_m: 200, bays: 10, rows: 6, tiers: 5 }),
  },
  zone: { word: "newZone", kind: "zones", points: 0, make: (polygon) => ({ id: freeName("zones", "zone"), polygon, speed_mps_max: 3 }) },
};

/** Rows that need no drawing: they lie along roads, and their keys say where. */
const FORMS: Record<string, { word: Word; kind: Kind; make: () => Table }> = {
  charging: { word: "newCharging", kind: "bays", make: () => between("CH", { kind: "charging", power_kw: 234 }) },
  parking: { word: "newParking", kind: "bays", make: () => between("P", { kind: "parking" }) },
  gate_in: { word: "newGateIn", kind: "bays", make: () => between("GIN", { kind: "gate_in", pitch_m: 8 }) },
  gate_out: { word: "newGateOut", kind: "bays", make: () => between("GOUT", { kind: "gate_out", pitch_m: 8 }) },
  gate: { word: "newGate", kind: "gates", make: () => ({ id: freeName("gates", "G"), place_in: "", place_out: "", inspection_s: 30 }) },
};

function between(stem: string, more: Table): Table {
  const roads = (raw.value?.["roads"] ?? []) as Table[];
  return { ids: `${freeName("bays", stem)}-{n}`, from_road: roads[0]?.["id"] ?? "", to_road: roads[1]?.["id"] ?? "", first_at_m: 20, count: 1, ...more };
}

function add(kind: Kind, row: Table): void {
  const index = ((raw.value?.[kind] ?? []) as Table[]).length;
  change((draft) => (draft[kind] = [...(draft[kind] ?? []), row]));
  chosen.value = { kind, index, point: null };
}

function begin(name: string): void {
  tool.value = editor.tool = tool.value === name ? "" : name;
  editor.pen = [];
  editor.draw();
}

function finish(): void {
  const made = TOOLS[tool.value];
  if (made && editor.pen.length >= (made.kind === "roads" ? 2 : made.kind === "zones" ? 3 : 1)) add(made.kind, made.make(editor.pen));
  begin(tool.value);
}

export function Editor() {
  useEffect(() => {
    void open();
    const keys = (e: KeyboardEvent): void => {
      const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement;
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "s") void save();
      else if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z" && !typing) (e.shiftKey ? redo : undo)();
      else if (typing) return;
      else if (e.key === "Enter" && tool.value) finish();
      else if (e.key === "Escape") tool.value ? begin(tool.value) : (chosen.value = null);
      else if (e.key === "Delete" && chosen.value) remove();
      else if (e.key === "f") editor.fit();
      else return;
      e.preventDefault();
    };
    const leaving = (e: BeforeUnloadEvent): void => {
      if (isChanged.value) e.preventDefault();
    };
    addEventListener("keydown", keys);
    addEventListener("beforeunload", leaving);
    return () => {
      removeEventListener("keydown", keys);
      removeEventListener("beforeunload", leaving);
    };
  }, []);
  const errors = problems.value.length + findings.value.filter((f) => f.severity === "error").length;
  return (
    <div class="page" data-test="editor" data-errors={errors} data-judging={isJudging.value}>
      <header class="top-bar">
        <span class="brand">Portway</span><span class="title">{raw.value?.["title"] ?? ""}</span><span class="quiet">{folder.value}</span>
        <span class="spring" />
        <button disabled={!canUndo.value} data-test="undo" onClick={undo}>{t("undo")}</button>
        <button disabled={!canRedo.value} onClick={redo}>{t("redo")}</button>
        <button disabled={!isChanged.value} data-test="save" onClick={() => void save()}>{t("save")}</button>
        <button class="bare" title={t("fit")} onClick={() => editor.fit()}><Icon name="fit" /></button>
        <button class="bare" title={t("theme")} onClick={() => (theme.value = theme.value === "dark" ? "light" : "dark")}><Icon name="sun" /></button>
        <button class="bare language" onClick={() => (language.value = language.value === "en" ? "zh" : "en")}>{t("other")}</button>
      </header>
      <main>
        <section class="panel edit-list"><Tools /><Rows /></section>
        <EditCanvas onDrawn={(points) => {
          const made = TOOLS[tool.value];
          if (made && made.points > 0 && points.length >= made.points) finish();
        }} />
        {chosen.value && <Form />}
      </main>
      <Verdict errors={errors} />
      {told.value && <div class="note" role="status" data-test="told">{told.value === "saved" ? t("savedNote") : told.value} <button class="bare" onClick={() => (told.value = "")}>×</button></div>}
    </div>
  );
}

function Tools() {
  return (
    <div class="edit-tools">
      {Object.entries(TOOLS).map(([name, made]) => <button key={name} class={`small ${tool.value === name ? "on" : ""}`} data-test={`tool-${name}`} onClick={() => begin(name)}>{t(made.word)}</button>)}
      {Object.entries(FORMS).map(([name, made]) => <button key={name} class="small" data-test={`tool-${name}`} onClick={() => add(made.kind, made.make())}>{t(made.word)}</button>)}
      {tool.value && <p class="quiet">{t("drawHint")}</p>}
    </div>
  );
}

function Rows() {
  return (
    <div class="scroll">
      {KINDS.map((kind) => {
        const rows = (raw.value?.[kind] ?? []) as Table[];
        if (rows.length === 0 || rows.length > 400) return null;
        return (
          <section key={kind}>
            <h3>{kind} <span>{rows.length}</span></h3>
            <ul class="edit-rows">
              {rows.map((row, index) => (
                <li key={index}><button class={chosen.value?.kind === kind && chosen.value.index === index ? "on" : ""} data-test={`row-${kind}`} data-id={nameOf(row, index)}
                  onClick={() => { chosen.value = { kind, index, point: null }; fly(nameOf(row, index)); }}>{nameOf(row, index)}</button></li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function fly(id: string): void {
  const where = whereIs(id);
  if (where) editor.camera.centre(...where);
  editor.draw();
}

function remove(): void {
  const at = chosen.value;
  if (!at) return;
  chosen.value = null;
  change((draft) => draft[at.kind].splice(at.index, 1));
}

/** Every key of the chosen row as a field; a list of points as JSON. */
function Form() {
  const at = chosen.value!;
  const row = (raw.value?.[at.kind]?.[at.index] ?? null) as Table | null;
  if (!row) return null;
  const set = (key: string, text: string): void => {
    const value = parse(text, row[key]);
    if (value === undefined) return;
    change((draft) => (draft[at.kind][at.index][key] = value));
  };
  return (
    <aside class="detail" data-test="edit-form" data-kind={at.kind}>
      <header><span class="quiet">{at.kind}</span> <b>{nameOf(row, at.index)}</b>
        <button class="small bare" aria-label={t("close")} onClick={() => (chosen.value = null)}><Icon name="close" /></button></header>
      {Object.entries(row).map(([key, value]) => (
        <label key={`${at.kind}/${at.index}/${key}`} class="edit-field">{key}
          <input value={typeof value === "object" ? JSON.stringify(value) : String(value)} data-test={`field-${key}`} onChange={(e) => set(key, e.currentTarget.value)} />
        </label>
      ))}
      <label class="edit-field quiet">{t("newKey")}
        <input placeholder="key = value" data-test="new-key" onChange={(e) => {
          const [key, text] = e.currentTarget.value.split("=", 2).map((s) => s.trim());
          if (key && text !== undefined) change((draft) => (draft[at.kind][at.index][key] = parse(text, undefined) ?? text));
          e.currentTarget.value = "";
        }} />
      </label>
      <div class="acts">
        {at.kind === "roads" && <button onClick={() => extend(at.index)}>{t("addPoint")}</button>}
        {at.point !== null && (at.kind === "roads" || at.kind === "zones") && <button onClick={() => change((draft) => { draft[at.kind][at.index][at.kind === "roads" ? "points" : "polygon"].splice(at.point!, 1); })}>{t("dropPoint")}</button>}
        <button data-test="remove" onClick={remove}>{t("removeRow")}</button>
      </div>
    </aside>
  );
}

/** A point in the middle of the road's longest stretch. */
function extend(index: number): void {
  change((draft) => {
    const points = draft["roads"][index]["points"] as [number, number][];
    let best = 1, longest = 0;
    for (let i = 1; i < points.length; i++) {
      const far = Math.hypot(points[i]![0] - points[i - 1]![0], points[i]![1] - points[i - 1]![1]);
      if (far > longest) [longest, best] = [far, i];
    }
    const a = points[best - 1]!, b = points[best]!;
    points.splice(best, 0, [round((a[0] + b[0]) / 2), round((a[1] + b[1]) / 2)]);
  });
}

function parse(text: string, old: unknown): unknown {
  if (typeof old === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return old === undefined ? text : undefined;
  }
}

function Verdict({ errors }: { errors: number }) {
  const rows = [...problems.value.map((p) => ({ severity: "error" as const, item: p.key, text: `${p.message}; ${p.cure}`, go: () => { const row = rowOf(p.key); if (row) { chosen.value = row; fly(nameOf(raw.value![row.kind][row.index], row.index)); } } })),
    ...findings.value.map((f) => ({ severity: f.severity, item: f.item, text: `${f.message}; ${f.cure}`, go: () => fly(f.item) }))];
  return (
    <footer class="verdict" data-test="verdict">
      <span class={errors ? "late" : "quiet"}>{errors} {t("errorsFound")}, {rows.length - errors} {t("warningsFound")}{isJudging.value ? " …" : ""}</span>
      <ul>{rows.slice(0, 200).map((r, i) => <li key={i}><button class="link" data-test="finding" data-severity={r.severity} onClick={r.go}><b class={r.severity === "error" ? "p1" : "p3"}>{r.item}</b> {r.text}</button></li>)}</ul>
    </footer>
  );
}
