// What comes before everything else: confirmation with a reason, search, keys, the key of a person.

import { useEffect, useRef, useState } from "preact/hooks";
import { coded, t, type Word } from "../i18n/index.ts";
import { answer, confirm, intent } from "../state/commands.ts";
import { keyWanted, stream } from "../state/stream.ts";
import { tables } from "../state/tables.ts";
import { dialog, selection } from "../state/view.ts";

function Dialog({ title, onClose, test, children }: { title: string; onClose: () => void; test: string; children: preact.ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog ref={box} data-test={test} onCancel={(e) => { e.preventDefault(); onClose(); }} onClick={(e) => e.target === box.current && onClose()}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

export function Confirmation() {
  const [reason, setReason] = useState("");
  const [field, setField] = useState("");
  const wish = intent.value;
  useEffect(() => { setReason(""); setField(""); }, [wish]);
  if (!wish) return null;
  const complete = reason.trim() !== "" && (!wish.field || field.trim() !== "");
  const send = (e: Event): void => {
    e.preventDefault();
    if (complete) void confirm(reason.trim(), wish.field ? { [wish.field.key]: field.trim() } : {});
  };
  return (
    <Dialog title={t("confirmTitle")} test="confirm" onClose={() => (intent.value = null)}>
      <form onSubmit={send}>
        <p><b>{t(wish.word)}</b> {wish.subject}</p>
        {wish.field && <label>{t(wish.field.word)}<input required value={field} data-test="field" onInput={(e) => setField(e.currentTarget.value)} /></label>}
        <label>{t("reason")}<input required autofocus maxLength={200} value={reason} data-test="reason" onInput={(e) => setReason(e.currentTarget.value)} /></label>
        <div class="acts"><button type="submit" disabled={!complete} data-test="do">{t("confirm")}</button><button type="button" onClick={() => (intent.value = null)}>{t("cancel")}</button></div>
      </form>
    </Dialog>
  );
}

export function AnswerNote() {
  const said = answer.value;
  if (!said) return null;
  return (
    <div class={`note ${said.answer.ok ? "" : "refused"}`} role="status" data-test="answer" data-ok={said.answer.ok} data-code={said.answer.problems[0]?.code ?? ""}>
      <b>{t(said.answer.ok ? "doneAnswer" : "refusedAnswer")}</b> {t(said.intent.word)} {said.intent.subject}
      {said.answer.problems.map((p, i) => <span key={i}> · {coded("", p.code)} {p.detail === "operator" ? "" : p.detail}</span>)}
      <button class="bare" aria-label={t("close")} onClick={() => (answer.value = null)}>×</button>
    </div>
  );
}

export function KeyDialog() {
  const [key, setKey] = useState("");
  if (!keyWanted.value) return null;
  return (
    <Dialog title={t("keyTitle")} test="key" onClose={() => {}}>
      <form onSubmit={(e) => { e.preventDefault(); stream.giveKey(key.trim()); }}>
        <p>{t(keyWanted.value === "wrong" ? "keyWrong" : "keyText")}</p>
        <input type="password" autofocus value={key} data-test="key-input" autocomplete="off" onInput={(e) => setKey(e.currentTarget.value)} />
        <div class="acts"><button type="submit" data-test="key-give">{t("keyGive")}</button></div>
      </form>
    </Dialog>
  );
}

interface Found { kind: string; id: string; text: string }

/** Everything with a name that holds what was typed, the nearest names first. */
export function findAll(text: string, most = 12): Found[] {
  const wanted = text.trim().toLowerCase(), points = stream.points;
  if (!wanted || !points) return [];
  const out: Found[] = [];
  const add = (kind: string, id: string, more = ""): void => {
    if (id.toLowerCase().includes(wanted)) out.push({ kind, id, text: more });
  };
  for (const [kind, group] of points.groups) if (kind !== "road_truck") for (const id of group.devices) add(kind, id);
  for (const block of points.doc.blocks) add("block", block.id);
  for (const place of points.doc.places) add("place", place.id);
  for (const [id, row] of tables.of("jobs")) {
    add("job", id, row["box"]);
    if (String(row["box"]).toLowerCase().includes(wanted)) out.push({ kind: "job", id, text: row["box"] });
  }
  for (const [id, row] of tables.of("boxes")) add("box", id, `${row["b"]}/${row["y"]}/${row["r"]}/${row["t"]}`);
  const unique = new Map(out.map((f) => [`${f.kind}/${f.id}`, f]));
  return [...unique.values()].sort((a, b) => a.id.length - b.id.length || a.id.localeCompare(b.id)).slice(0, most);
}

export function Search({ onFound }: { onFound: (kind: string, id: string) => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  if (dialog.value !== "search") return null;
  const found = findAll(text);
  const take = (f: Found | undefined): void => {
    if (!f) return;
    dialog.value = "";
    setText("");
    selection.value = { kind: f.kind, id: f.id };
    onFound(f.kind, f.id);
  };
  return (
    <Dialog title={t("search")} test="search" onClose={() => (dialog.value = "")}>
      <input type="search" autofocus placeholder={t("searchHint")} value={text} data-test="search-input"
        onInput={(e) => { setText(e.currentTarget.value); setAt(0); }}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
          else if (e.key === "ArrowUp") setAt(Math.max(0, at - 1));
          else if (e.key === "Enter") take(found[at]);
          else return;
          e.preventDefault();
        }} />
      <ul class="found">
        {found.map((f, i) => <li key={`${f.kind}/${f.id}`}><button class={i === at ? "on" : ""} data-test="found" onClick={() => take(f)}><span class="quiet">{coded("", f.kind)}</span> <b>{f.id}</b> {f.text}</button></li>)}
        {text && found.length === 0 && <li class="quiet">{t("nothingFound")}</li>}
      </ul>
    </Dialog>
  );
}

const KEYS: [string, Word][] = [["Space", "key_space"], ["← →", "key_arrows"], ["L", "key_l"], ["N", "key_n"], ["B", "key_b"], ["F", "key_f"], ["V", "key_3"], ["+ −", "key_plus"],
  ["W A S D", "key_wasd"], ["G", "key_g"], ["1 … 7", "key_tabs"], ["T", "key_t"], ["Z", "key_z"], ["Ctrl-K /", "key_ctrlk"], ["Esc", "key_esc"], ["?", "key_q"]];

export function Help() {
  if (dialog.value !== "help") return null;
  return (
    <Dialog title={t("helpTitle")} test="help" onClose={() => (dialog.value = "")}>
      <dl class="keys">{KEYS.map(([key, word]) => [<dt key={key}><kbd>{key}</kbd></dt>, <dd key={word}>{t(word)}</dd>])}</dl>
    </Dialog>
  );
}
