// The list of cases: only the rows in sight exist as elements, and they are used again as the page scrolls.

const OVERSCAN = 8;
const PRINTED_ROWS = 2000;

let shown = [];
let columns = COLUMNS;
let cursor = -1;
let pool = [];
let rowHeight = 56;
let printing = false;

function drawHead(view, onSort) {
  columns = usedColumns();
  const grid = $("grid");
  grid.style.setProperty("--columns", columns.map((column) => column.width).join(" "));
  grid.setAttribute("aria-colcount", columns.length);
  const buttons = columns.map((column) => {
    const button = el("button", { type: "button", onclick: () => onSort(column.key) }, column.label, icon("up", "arrow"));
    return el("div", { role: "columnheader", class: column.number ? "number" : null, "data-key": column.key }, button);
  });
  $("grid-head").replaceChildren(el("div", { role: "row", class: "head", "aria-rowindex": 1 }, ...buttons));
  markSort(view);
}

function markSort(view) {
  for (const head of document.querySelectorAll("#grid-head [role=columnheader]")) {
    const active = head.dataset.key === view.sort;
    head.setAttribute("aria-sort", active ? (view.descending ? "descending" : "ascending") : "none");
  }
}

function showRows(chosen) {
  shown = chosen;
  cursor = Math.min(cursor, shown.length - 1);
  $("grid").setAttribute("aria-rowcount", shown.length + 1);
  $("none").hidden = shown.length > 0;
  $("grid").hidden = shown.length === 0;
  measure();
}

function measure() {
  if (!pool.length) pool.push(newRow());
  const probe = pool[0].node;
  probe.hidden = false;
  rowHeight = probe.getBoundingClientRect().height || rowHeight;
  $("grid-body").style.height = `${shown.length * rowHeight}px`;
  for (const row of pool) row.at = -1;
  paint();
}

function newRow() {
  const cells = {};
  const node = el("div", { role: "row", class: "row" });
  for (const { key, number: isNumber } of columns) {
    const cell = el("div", { role: "gridcell", class: `cell ${key}${isNumber ? " number" : ""}` });
    const first = el("bdi", { class: "first" });
    cells[key] = { cell, first, second: null };
    cell.append(first);
    if (key === "case" || key === "check") {
      cells[key].second = el("bdi", { class: "second" });
      cell.append(cells[key].second);
    }
    node.append(cell);
  }
  $("grid-body").append(node);
  return { node, cells, at: -1 };
}

function paint() {
  const top = $("grid-body").getBoundingClientRect().top;
  const first = printing ? 0 : Math.max(0, Math.floor(-top / rowHeight) - OVERSCAN);
  const seen = Math.ceil((innerHeight - top) / rowHeight) + OVERSCAN;
  const last = printing ? Math.min(shown.length, PRINTED_ROWS) : Math.max(first, Math.min(shown.length, seen));
  const needed = printing ? last : Math.ceil(innerHeight / rowHeight) + 2 * OVERSCAN + 2;
  while (pool.length < Math.min(needed, shown.length)) pool.push(newRow());
  const inUse = new Set();
  for (let at = first; at < last; at += 1) {
    const row = pool[at % pool.length];
    inUse.add(row);
    if (row.at !== at) fill(row, at);
  }
  for (const row of pool) row.node.hidden = !inUse.has(row);
  markCursor();
}

const CELL_TEXTS = {
  state: (row) => STATE_WORDS[row.state],
  case: (row) => row.title,
  suite: (row) => row.suite,
  variant: (row) => row.variant,
  repeat: (row) => String(row.repeat),
  check: (row) => row.checks.join(", "),
  latency: (row) => milliseconds(row.latency),
  tokens: (row) => (row.tokens === null ? "" : count(row.tokens)),
  cost: (row) => nanoDollars(row.cost),
};

function fill(slot, at) {
  const row = shown[at];
  slot.at = at;
  slot.node.id = `row-${at}`;
  slot.node.className = `row ${row.state}`;
  slot.node.setAttribute("aria-rowindex", at + 2);
  slot.node.style.transform = `translateY(${at * rowHeight}px)`;
  for (const { key } of columns) {
    slot.cells[key].first.textContent = CELL_TEXTS[key](row);
  }
  slot.cells.case.second.textContent = row.output;
  if (slot.cells.check) slot.cells.check.second.textContent = row.reason;
  if (slot.state !== row.state) {
    slot.state = row.state;
    slot.cells.state.cell.replaceChildren(icon(row.state), slot.cells.state.first);
  }
}

function markCursor() {
  const open = openRow();
  for (const slot of pool) {
    const row = shown[slot.at];
    slot.node.classList.toggle("current", !slot.node.hidden && slot.at === cursor);
    slot.node.setAttribute("aria-selected", String(!slot.node.hidden && row !== undefined && row === open));
  }
  const current = pool.find((slot) => slot.at === cursor && !slot.node.hidden);
  if (current) $("grid").setAttribute("aria-activedescendant", current.node.id);
  else $("grid").removeAttribute("aria-activedescendant");
}

function moveCursor(to) {
  if (!shown.length) return;
  cursor = Math.max(0, Math.min(shown.length - 1, to));
  bringToSight(cursor);
  paint();
}

function centreCursor(at) {
  cursor = at;
  scrollBy(0, $("grid-body").getBoundingClientRect().top + (at + 0.5) * rowHeight - innerHeight / 2);
  paint();
}

function bringToSight(at) {
  const covered = $("search").offsetHeight + $("grid-head").offsetHeight;
  const top = $("grid-body").getBoundingClientRect().top + at * rowHeight;
  if (top < covered) scrollBy(0, top - covered);
  else if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight - innerHeight);
}

const rowsInSight = () => Math.max(1, Math.floor(innerHeight / rowHeight) - 3);

// A printed page has no scrolling to draw rows on demand: all of them, up to a number a printer can be asked for.
function paintForPrint(active) {
  printing = active;
  const left = shown.length - PRINTED_ROWS;
  $("print-note").hidden = !active || left <= 0;
  $("print-note").textContent = `${count(left)} further cases are not printed.`;
  pool.forEach((slot) => slot.node.remove());
  pool = [];
  if (active) paint();
  else measure();
}
