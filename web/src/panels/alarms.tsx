// The alarm list, ISA-18.2: priority by colour, shape and number; only what nobody has acknowledged flashes.

import { useState } from "preact/hooks";
import { alarmText, coded, t } from "../i18n/index.ts";
import { clock, clockText } from "../state/clock.ts";
import { order } from "../state/commands.ts";
import { type Row, tables } from "../state/tables.ts";
import { selection } from "../state/view.ts";

const FLOOD = 10, WINDOW_MS = 600_000;
const STATES = ["unacknowledged", "returned_unacknowledged", "acknowledged", "shelved", "suppressed", "normal"];

export function openAlarms(): [string, Row][] {
  return [...tables.read("alarms")].filter(([, row]) => !["normal", "shelved", "suppressed"].includes(row["state"]));
}

export function PriorityMark({ priority, flashing }: { priority: number; flashing: boolean }) {
  const shapes = ["", "M8 1l7 13H1z", "M8 1l7 7-7 7-7-7z", "M2 2h12v12H2z", "M8 2a6 6 0 100 12A6 6 0 008 2z"];
  return (
    <span class={`priority p${priority} ${flashing ? "flashing" : ""}`}>
      <svg viewBox="0 0 16 16"><path d={shapes[priority]} /></svg><b>{priority}</b>
    </span>
  );
}

export function Alarms() {
  const [filter, setFilter] = useState("");
  const all = [...tables.read("alarms")];
  const now = clock.value.now_ms;
  const recent = clock.value.marks.filter(([at]) => at > now - WINDOW_MS && at <= now).length;
  const rows = all.filter(([key, row]) => !filter || `${key} ${alarmText(row["code"]).name}`.toLowerCase().includes(filter.toLowerCase()));
  rows.sort(([a, x], [b, y]) => STATES.indexOf(x["state"]) - STATES.indexOf(y["state"]) || x["priority"] - y["priority"] || y["raised_ms"] - x["raised_ms"] || a.localeCompare(b));
  return (
    <div class="panel-body" data-test="panel-alarms">
      <div class="tools">
        <input type="search" placeholder={t("filter")} value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
        <span class={recent > FLOOD ? "late" : "quiet"}>{recent} {t("alarmRate")}{recent > FLOOD ? `: ${t("flood")}` : ""}</span>
      </div>
      <div class="scroll alarms">
        {rows.length === 0 && <p class="quiet">{t("noAlarms")}</p>}
        {rows.map(([key, row]) => <Alarm key={key} id={key} row={row} />)}
      </div>
    </div>
  );
}

function Alarm({ id, row }: { id: string; row: Row }) {
  const text = alarmText(row["code"]), quiet = row["state"] === "normal" || row["state"] === "shelved";
  const act = (name: string, more: Record<string, unknown> = {}): void => {
    void order({ word: "acknowledge", subject: id, name, arguments: {} }, { alarm: id, ...more }, "");
  };
  return (
    <article class={`alarm ${quiet ? "is-quiet" : ""}`} data-test="alarm" data-id={id} data-state={row["state"]}>
      <PriorityMark priority={row["priority"]} flashing={row["state"] === "unacknowledged"} />
      <div class="alarm-text" onClick={() => (selection.value = { kind: "truck", id: row["subject"] })}>
        <header><b>{text.name}</b> <span>{row["subject"]}</span><time>{clockText(row["raised_ms"])}{row["count"] > 1 ? ` ×${row["count"]}` : ""}</time></header>
        <p class="quiet">{coded("state_", row["state"])}{row["detail"] ? ` · ${row["detail"]}` : ""}{row["acked_by"] ? ` · ${row["acked_by"]}` : ""}</p>
        {!quiet && <p>{text.cause} {text.response}</p>}
      </div>
      <div class="alarm-acts">
        {row["acked_ms"] === null && <button class="small" data-test="ack" onClick={() => act("ack")}>{t("acknowledge")}</button>}
        {row["state"] === "shelved" ? <button class="small" onClick={() => act("unshelve")}>{t("unshelve")}</button> : (
          <select class="small" data-test="shelve" aria-label={t("shelve")} value="" onChange={(e) => act("shelve", { minutes: Number(e.currentTarget.value) })}>
            <option value="" disabled>{t("shelve")}</option>
            {[15, 60, 480].map((m) => <option key={m} value={m}>{m} {t("minutes")}</option>)}
          </select>
        )}
      </div>
    </article>
  );
}
