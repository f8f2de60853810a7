// The event log, newest first.

import { useState } from "preact/hooks";
import { alarmText, coded, t } from "../i18n/index.ts";
import { clockText } from "../state/clock.ts";
import { tables } from "../state/tables.ts";
import { selection } from "../state/view.ts";
import { saveCsv, VirtualTable } from "../ui/virtual_table.tsx";

export function Events() {
  const [filter, setFilter] = useState("");
  const rows = [...tables.read("events")]
    .map(([id, row]) => ({ id: Number(id), ...row, text: coded("ev_", row["code"]) }) as Record<string, any> & { id: number; text: string })
    .filter((r) => !filter || `${r.text} ${r["subject"]} ${r["detail"]} ${r["by"]}`.toLowerCase().includes(filter.toLowerCase()))
    .sort((a, b) => b.id - a.id);
  const detail = (r: Record<string, any>): string => (String(r["code"]).startsWith("alarm_") ? alarmText(r["detail"]).name : r["detail"]);
  return (
    <div class="panel-body" data-test="panel-events">
      <div class="tools">
        <input type="search" placeholder={t("filter")} value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
        <button class="small" onClick={() => saveCsv("events", ["at_ms", "code", "subject", "detail", "by"],
          rows.map((r) => [r["at_ms"], r["code"], r["subject"], r["detail"], r["by"]]))}>{t("export_csv")}</button>
      </div>
      <VirtualTable rows={rows} id={(r) => String(r.id)} test="events" onClick={(r) => (selection.value = { kind: "truck", id: r["subject"] })}
        columns={[
          { key: "at", title: t("time"), width: "66px", cell: (r) => clockText(r["at_ms"]) },
          { key: "code", title: t("event"), width: "132px", cell: (r) => r.text, sortBy: (r) => r.text },
          { key: "subject", title: "", width: "84px", cell: (r) => r["subject"], sortBy: (r) => r["subject"] },
          { key: "detail", title: t("detail"), width: "1fr", cell: (r) => `${detail(r)}${r["by"] ? ` · ${r["by"]}` : ""}` },
        ]} />
    </div>
  );
}
