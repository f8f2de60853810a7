// Tables of subsystems that are not part of every terminal, as they describe themselves in the terminal's document.

import { language } from "../i18n/index.ts";
import { terminal } from "../state/stream.ts";
import { tables } from "../state/tables.ts";
import { VirtualTable } from "../ui/virtual_table.tsx";
import type { TableView } from "../wire/terminal.ts";

export function hasMore(): boolean {
  return (terminal.value?.tables ?? []).length > 0;
}

export function More() {
  return (
    <div class="panel-body" data-test="panel-more">
      {(terminal.value?.tables ?? []).map((view) => <Table key={view.name} view={view} />)}
    </div>
  );
}

function Table({ view }: { view: TableView }) {
  const rows = [...tables.read(view.name)].map(([id, row]) => ({ id, ...row }) as Record<string, any> & { id: string });
  return (
    <>
      <h3>{view.words[language.value]}</h3>
      <VirtualTable rows={rows} id={(r) => r.id} test={`more-${view.name}`}
        columns={[
          { key: "id", title: "", width: "78px", cell: (r) => r.id, sortBy: (r) => r.id },
          ...view.columns.map((c) => ({
            key: c.key, title: c.words[language.value] + (c.unit ? ` [${c.unit}]` : ""), width: "1fr",
            cell: (r: Record<string, any>) => String(r[c.key] ?? ""), sortBy: (r: Record<string, any>) => r[c.key] ?? null,
          })),
        ]} />
    </>
  );
}
