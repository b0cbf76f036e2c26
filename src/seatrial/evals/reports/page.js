// The page as a whole: what is filtered, sorted and open, kept in the address so that it can be shared; and the keys.

const FILTERS = ["suite", "variant", "tag", "check"];
const FILTER_LABELS = { suite: "Suite", variant: "Variant", tag: "Tag", check: "Failed check" };
const unfiltered = () => ({ query: "", states: new Set(), suite: "", variant: "", tag: "", check: "" });
const view = { ...unfiltered(), sort: "state", descending: false, open: "" };

const narrow = matchMedia("(max-width: 48rem)");
const openRow = () => (view.open ? rows.find((row) => keyOf(row) === view.open) : undefined);

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  view.query = given.get("q") ?? "";
  view.states = new Set((given.get("state") ?? "").split(",").filter((state) => STATES.includes(state)));
  for (const key of FILTERS) view[key] = given.get(key) ?? "";
  const sort = given.get("sort") ?? "state";
  view.descending = sort.startsWith("-");
  view.sort = COLUMNS.some((column) => column.key === sort.replace("-", "")) ? sort.replace("-", "") : "state";
  view.open = given.get("open") ?? "";
}

function address() {
  const given = new URLSearchParams();
  if (view.query) given.set("q", view.query);
  if (view.states.size) given.set("state", [...view.states].join(","));
  for (const key of FILTERS) if (view[key]) given.set(key, view[key]);
  if (view.sort !== "state" || view.descending) given.set("sort", (view.descending ? "-" : "") + view.sort);
  if (view.open) given.set("open", view.open);
  return `#${given}`;
}

let addressTimer = 0;

// Browsers refuse hundreds of address changes in a few seconds, which a held-down key would ask for.
function writeAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, "", address()), 120);
}

function update() {
  showRows(sorted(matching(view), view.sort, view.descending));
  markSort(view);
  syncControls();
  const reading = view.query && textsRead < rows.length;
  const shownOf = `Showing ${count(shown.length)} of ${plural(rows.length, "result")}`;
  $("count").textContent = reading ? `${shownOf}, reading the full texts` : shownOf;
  if (reading) readTexts(update);
}

function change(values) {
  Object.assign(view, values);
  cursor = -1;
  writeAddress();
  update();
}

function showOnly({ states, ...filters }) {
  change({ ...unfiltered(), ...filters, states: new Set(states ?? []) });
  $("cases").scrollIntoView();
  $("grid").focus({ preventScroll: true });
}

function drawFacets() {
  const pills = STATES.map((state) => {
    const total = rows.filter((row) => row.state === state).length;
    const toggle = () => {
      const states = new Set(view.states);
      if (!states.delete(state)) states.add(state);
      change({ states });
    };
    const button = el(
      "button",
      { type: "button", class: `pill ${state}`, "data-state": state, onclick: toggle },
      icon(state),
      `${STATE_WORDS[state]} ${count(total)}`,
    );
    button.disabled = total === 0;
    return button;
  });
  const values = {
    suite: valuesOf(rows.map((row) => row.suite)),
    variant: valuesOf(rows.map((row) => row.variant)),
    tag: valuesOf(rows.flatMap((row) => row.tags)),
    check: valuesOf(rows.flatMap((row) => row.checks)),
  };
  const selects = FILTERS.filter((key) => values[key].length > (key === "suite" || key === "variant" ? 1 : 0)).map((key) => {
    const options = values[key].map((value) => el("option", { value, text: value }));
    const select = el(
      "select",
      { "data-filter": key, onchange: (event) => change({ [key]: event.target.value }) },
      el("option", { value: "", text: "any" }),
      ...options,
    );
    return el("label", { class: "choice" }, el("span", { text: FILTER_LABELS[key] }), select);
  });
  $("facets").replaceChildren(...pills, ...selects);
}

function syncControls() {
  if (document.activeElement !== $("query") || $("query").value.trim() !== view.query) $("query").value = view.query;
  for (const pill of document.querySelectorAll("#facets .pill")) {
    pill.setAttribute("aria-pressed", String(view.states.has(pill.dataset.state)));
  }
  for (const select of document.querySelectorAll("#facets select")) select.value = view[select.dataset.filter];
  $("clear").hidden = !(view.query || view.states.size || FILTERS.some((key) => view[key]));
}

function sortBy(key) {
  change({ sort: key, descending: view.sort === key ? !view.descending : false });
}

function open(at, focus) {
  const wasOpen = Boolean(view.open);
  moveCursor(at);
  view.open = keyOf(shown[cursor]);
  if (wasOpen) writeAddress();
  else history.pushState(null, "", address());
  syncDetail();
  if (focus) $("detail").querySelector(".body").focus({ preventScroll: true });
}

function close() {
  if (!view.open) return;
  view.open = "";
  writeAddress();
  syncDetail();
  $("grid").focus({ preventScroll: true });
}

function step(by) {
  if (document.activeElement === document.body) $("grid").focus({ preventScroll: true });
  if (view.open) open(cursor + by, false);
  else moveCursor(cursor + by);
}

function syncDetail() {
  const row = openRow();
  const panel = $("detail");
  panel.hidden = !row;
  $("content").inert = Boolean(row) && narrow.matches;
  document.documentElement.classList.toggle("reading", Boolean(row));
  markCursor();
  if (!row) return;
  const held = panel.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
  drawDetail(row, { previous: () => step(-1), next: () => step(1), close });
  if (held) [...panel.querySelectorAll("[aria-label]")].find((part) => part.getAttribute("aria-label") === held)?.focus();
}

function followAddress() {
  readAddress();
  update();
  const at = shown.indexOf(openRow());
  if (at >= 0) centreCursor(at);
  syncDetail();
}

const TYPING = new Set(["INPUT", "SELECT", "TEXTAREA"]);

const GRID_KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  PageDown: () => step(rowsInSight()),
  PageUp: () => step(-rowsInSight()),
  Home: () => moveCursor(0),
  End: () => moveCursor(shown.length - 1),
  Enter: () => open(Math.max(cursor, 0), true),
};
const PAGE_KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => $("query").focus(),
  Escape: close,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (TYPING.has(event.target.tagName)) {
    if (event.key === "Escape") $("grid").focus({ preventScroll: true });
    if (event.target === $("query") && (event.key === "ArrowDown" || event.key === "Enter")) {
      event.preventDefault();
      $("grid").focus({ preventScroll: true });
      moveCursor(0);
    }
    return;
  }
  const action = (event.target === $("grid") && GRID_KEYS[event.key]) || PAGE_KEYS[event.key];
  if (!action || (!shown.length && event.key !== "/" && event.key !== "Escape")) return;
  event.preventDefault();
  action();
}

function drawTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const label = () => ($("theme").textContent = dark() ? "Light theme" : "Dark theme");
  // Storage may be refused to pages opened from disk; the choice then lasts as long as the page.
  const stored = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null;
    }
  };
  const kept = stored((storage) => storage.getItem("seatrial-theme"));
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
  $("theme").addEventListener("click", () => {
    const chosen = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    stored((storage) => storage.setItem("seatrial-theme", chosen));
    label();
  });
  system.addEventListener("change", label);
  label();
}

function listen() {
  let painting = false;
  const repaint = () => {
    if (painting) return;
    painting = true;
    requestAnimationFrame(() => {
      painting = false;
      paint();
    });
  };
  addEventListener("scroll", repaint, { passive: true });
  addEventListener("resize", () => {
    measure();
    $("content").inert = Boolean(view.open) && narrow.matches;
  });
  addEventListener("hashchange", followAddress);
  addEventListener("keydown", onKey);
  addEventListener("beforeprint", () => paintForPrint(true));
  addEventListener("afterprint", () => paintForPrint(false));
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--search-height", `${$("search").offsetHeight}px`);
  }).observe($("search"));
  $("query").addEventListener("input", () => change({ query: $("query").value.trim() }));
  $("query").addEventListener("focus", () => readTexts(update));
  $("clear").addEventListener("click", () => change(unfiltered()));
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    $("cases").scrollIntoView();
    $("grid").focus({ preventScroll: true });
  });
  $("grid-body").addEventListener("click", (event) => {
    const slot = pool.find(({ node }) => node.contains(event.target));
    if (slot) open(slot.at, true);
  });
}

function start() {
  readIndex();
  drawFacets();
  drawHead(view, sortBy);
  listen();
  followAddress();
  document.documentElement.dataset.ready = "true";
}

drawTheme();
drawSummary(JSON.parse($("report").textContent));
document.addEventListener("DOMContentLoaded", start);
