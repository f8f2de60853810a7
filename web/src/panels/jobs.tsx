// Job orders: those under way, the next, the last.

import { useState } from "preact/hooks";
import { coded, t } from "../i18n/index.ts";
import { intend } from "../state/commands.ts";
import { tables } from "../state/tables.ts";
import { selection } from "../state/view.ts";
import { saveCsv, VirtualTable } from "../ui/virtual_table.tsx";

const ORDER = ["collected", "assigned", "open", "completed", "aborted"];

export function Jobs() {
  const [filter, setFilter] = useState("");
  const wanted = filter.toLowerCase();
  const rows = [...tables.read("jobs")]
    .map(([id, row]) => ({ id, ...row }) as Record<string, any> & { id: string })
    .filter((r) => !wanted || [r.id, r["box"], r["truck"], r["from"], r["to"], r["state"], coded("job_", r["state"])].some((v) => String(v ?? "").toLowerCase().includes(wanted)));
  rows.sort((a, b) => ORDER.indexOf(a["state"]) - ORDER.indexOf(b["state"]) || (a["sequence"] ?? 0) - (b["sequence"] ?? 0) || a.id.localeCompare(b.id));
  const csv = (): void => saveCsv("job-orders", ["id", "kind", "box", "from", "to", "state", "truck"],
    rows.map((r) => [r.id, r["kind"], r["box"], r["from"], r["to"], r["state"], r["truck"]]));
  return (
    <div class="panel-body" data-test="panel-jobs">
      <div class="tools">
        <input type="search" placeholder={t("filter")} value={filter} data-test="jobs-filter" onInput={(e) => setFilter(e.currentTarget.value)} />
        <button class="small" onClick={csv}>{t("export_csv")}</button>
      </div>
      <VirtualTable rows={rows} id={(r) => r.id} test="jobs" chosen={(r) => selection.value?.id === r.id}
        onClick={(r) => (selection.value = { kind: "job", id: r.id })}
        columns={[
          { key: "id", title: t("job"), width: "78px", cell: (r) => r.id, sortBy: (r) => r.id },
          { key: "kind", title: "", width: "64px", cell: (r) => coded("kind_", r["kind"]), sortBy: (r) => r["kind"] },
          { key: "box", title: t("box"), width: "102px", cell: (r) => r["box"], sortBy: (r) => r["box"] },
          { key: "way", title: `${t("from")} → ${t("to")}`, width: "1fr", cell: (r) => `${r["from"]} → ${r["to"]}`, sortBy: (r) => r["from"] },
          { key: "state", title: t("state"), width: "82px", cell: (r) => <span class={r["late"] ? "late" : ""}>{coded("job_", r["state"])}</span>, sortBy: (r) => ORDER.indexOf(r["state"]) },
          { key: "truck", title: t("truck"), width: "52px", cell: (r) => r["truck"] ?? "", sortBy: (r) => r["truck"] },
        ]} />
    </div>
  );
}

export function moveJob(id: string): void {
  intend({ word: "move_job", subject: id, name: "move_job", arguments: { job_order: id }, field: { word: "truck", key: "truck" } });
}

export function cancelJob(id: string): void {
  intend({ word: "cancel_job", subject: id, name: "cancel_job", arguments: { job_order: id } });
}
