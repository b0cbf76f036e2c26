// The top of the page: what was run, how each suite, check and metric came out, and whether the gates hold.

function drawSummary(report) {
  const suites = report.suites ?? [];
  $("summary-head").append(
    ...[report.description && el("p", { class: "about", dir: "auto", text: report.description })].filter(Boolean),
    ...notices(report, suites),
    proportions(suites),
    facts(report),
  );
  fillSection("suites", suites.length > 0, () => suitesTable(suites));
  const checks = suites.flatMap((suite) => namedRows(suite, suite.checks));
  fillSection("checks", checks.length > 0, () => checksTable(checks, manyVariants(suites)));
  const metrics = suites.flatMap((suite) => namedRows(suite, suite.metrics));
  fillSection("metrics", metrics.length > 0, () => metricsTable(metrics, manyVariants(suites)));
  drawFields(suites);
}

function fillSection(id, filled, draw) {
  $(id).hidden = !filled;
  if (filled) $(id).append(draw());
}

const namedRows = (suite, named) =>
  Object.entries(named ?? {}).map(([name, value]) => ({ name, value, suite: suite.suite, variant: suite.variant }));

const manyVariants = (suites) => new Set(suites.map((suite) => suite.variant)).size > 1;

function notices(report, suites) {
  const lines = [];
  if (report.finished === false) {
    lines.push(["error", "This run did not finish: the figures cover only the cases that were recorded."]);
  }
  const gates = suites.map((suite) => suite.gate).filter(Boolean);
  for (const [held, state, words] of [
    [false, "fail", "not held"],
    [null, "unscored", "without enough evidence"],
    [true, "pass", "held"],
  ]) {
    const matching = gates.filter((gate) => (gate.held ?? null) === held).length;
    if (matching) lines.push([state, `${plural(matching, "gate")} ${words}`]);
  }
  return lines.length
    ? [el("ul", { class: "notices" }, ...lines.map(([state, text]) => el("li", { class: state }, icon(state), text)))]
    : [];
}

function proportions(suites) {
  const strip = el("div", { class: "proportions", "aria-hidden": "true" });
  for (const [key, state] of [
    ["passed", "pass"],
    ["unscored", "unscored"],
    ["errors", "error"],
    ["failed", "fail"],
  ]) {
    const total = suites.reduce((sum, suite) => sum + (suite[key] ?? 0), 0);
    if (!total) continue;
    const part = el("span", { class: state });
    part.style.flexGrow = total;
    strip.append(part);
  }
  return strip;
}

function facts(report) {
  const cost = report.cost_usd === null || report.cost_usd === undefined ? "unknown" : dollars(report.cost_usd);
  const pairs = [
    ["Started", moment(report.started)],
    ["Took", report.seconds !== undefined && report.seconds !== null && duration(report.seconds)],
    ["Cost", cost],
    ["Feature version", report.feature_version],
    ["Commit", report.git_commit && report.git_commit.slice(0, 12)],
    ["Seatrial", report.package_version],
    ["Run", report.run],
  ];
  const list = el("dl", { class: "facts" });
  for (const [term, value] of pairs) {
    if (value) list.append(el("div", null, el("dt", { text: term }), el("dd", null, quoted(value))));
  }
  if (report.command) {
    const command = el("code", { dir: "ltr", text: report.command });
    list.append(el("div", { class: "wide" }, el("dt", { text: "Command" }), el("dd", null, command)));
  }
  return list;
}

const moment = (started) => started && String(started).replace("T", " ").replace(/:\d\d(\.\d+)?(Z|\+00:00)$/, " UTC");

// A table keeps its roles by attribute, because on a phone its rows are laid out as blocks, which would lose them.
function table(caption, heads, rows) {
  const cell = (role, name, index, ...children) =>
    el(name, { role, class: heads[index].class, "data-label": role === "cell" ? heads[index].text : null }, ...children);
  return el(
    "table",
    { role: "table", tabindex: -1 },
    el("caption", { class: "hidden-label", text: caption }),
    el(
      "thead",
      { role: "rowgroup" },
      el("tr", { role: "row" }, ...heads.map((head, index) => cell("columnheader", "th", index, head.text))),
    ),
    el(
      "tbody",
      { role: "rowgroup" },
      ...rows.map((cells) =>
        el("tr", { role: "row" }, ...cells.map((children, index) => cell("cell", "td", index, ...[children].flat()))),
      ),
    ),
  );
}

function suitesTable(suites) {
  const heads = [
    { text: "Suite", class: "name" },
    { text: "Pass rate, 95 % interval", class: "rate" },
    { text: "Cases", class: "counts" },
    { text: "Gate", class: "gate" },
  ];
  const shown = (suite) => ({ suite: suite.suite, variant: suite.variant });
  const rows = suites.map((suite) => [
    [
      filterButton(suite.suite, shown(suite), "Show the cases of this suite"),
      el("span", { class: "under" }, quoted(suite.variant ?? "")),
    ],
    interval(suite.pass_rate),
    counts(suite, shown(suite)),
    gateLine(suite.gate),
  ]);
  return table("Suites and variants with their pass rates and gates", heads, rows);
}

// Checks that always passed say little one by one: they fold away, unless nothing else is there to show.
function checksTable(checks, withVariant) {
  const missed = (row) => (row.value.failed ?? 0) + (row.value.errors ?? 0) + (row.value.unscored ?? 0);
  const rate = (row) => row.value.pass_rate?.estimate ?? 2;
  const lowestFirst = [...checks].sort((a, b) => rate(a) - rate(b) || missed(b) - missed(a));
  const telling = lowestFirst.filter(missed);
  const block = el("div", null, telling.length ? drawChecks(telling, withVariant) : null);
  if (telling.length === checks.length) return block;
  const showAll = () => {
    block.replaceChildren(drawChecks(lowestFirst, withVariant));
    block.querySelector("table").focus();
  };
  const rest = checks.length - telling.length;
  const text = `${plural(rest, telling.length ? "further check" : "check")} passed in every case `;
  const button = el("button", { type: "button", class: "plain", onclick: showAll, text: "Show all" });
  block.append(el("p", { class: "more" }, icon("pass"), text, button));
  return block;
}

function drawChecks(checks, withVariant) {
  const heads = [
    { text: "Check", class: "name" },
    { text: "Pass rate, 95 % interval", class: "rate" },
    { text: "Cases", class: "counts" },
  ];
  const rows = checks.map((row) => [
    [
      row.value.failed || row.value.errors
        ? filterButton(
            row.name,
            { suite: row.suite, variant: row.variant, check: row.name },
            "Show the cases that failed this check",
          )
        : quoted(row.name),
      place(row, withVariant),
    ],
    interval(row.value.pass_rate),
    counts(row.value),
  ]);
  return table("Checks, lowest pass rate first", heads, rows);
}

const place = (row, withVariant) =>
  el("span", { class: "under" }, quoted(row.suite ?? ""), ...(withVariant ? [" \u00b7 ", quoted(row.variant ?? "")] : []));

function metricsTable(metrics, withVariant) {
  const heads = [
    { text: "Metric", class: "name" },
    { text: "Mean", class: "number" },
    { text: "95 % interval", class: "number" },
    { text: "n", class: "number" },
  ];
  const rows = metrics.map((row) => [
    [
      quoted(row.name),
      place(row, withVariant),
    ],
    el("strong", { text: number(row.value.mean) }),
    el("span", { text: `${number(row.value.low)} to ${number(row.value.high)}` }),
    el("span", { text: count(row.value.n) }),
  ]);
  return table("Metrics of each suite", heads, rows);
}

const number = (value) => (value === null || value === undefined ? "?" : FOUR_DIGITS.format(value));

function filterButton(text, filters, title) {
  return el("button", { type: "button", class: "link", title, onclick: () => showOnly(filters) }, quoted(text ?? ""));
}

function interval(rate) {
  if (!rate || !rate.n) return el("span", { class: "muted", text: "not tested" });
  const track = el("span", { class: "track", "aria-hidden": "true" });
  const band = el("span", { class: "band" });
  band.style.left = `${100 * rate.low}%`;
  band.style.width = `${100 * (rate.high - rate.low)}%`;
  const point = el("span", { class: "point" });
  point.style.left = `${100 * rate.estimate}%`;
  track.append(band, point);
  return el(
    "span",
    { class: "interval" },
    el("strong", { text: `${percent(rate.estimate)} %` }),
    track,
    el("span", { class: "under", text: `${percent(rate.low)} to ${percent(rate.high)} % \u00b7 n ${count(rate.n)}` }),
  );
}

function counts(row, filters) {
  const list = el("span", { class: "tally" });
  for (const [key, state, word] of [
    ["passed", "pass", "passed"],
    ["failed", "fail", "failed"],
    ["errors", "error", row.errors === 1 ? "error" : "errors"],
    ["unscored", "unscored", "unscored"],
  ]) {
    if (!row[key] && key !== "passed") continue;
    const text = `${count(row[key])} ${word}`;
    list.append(
      filters && row[key]
        ? el(
            "button",
            { type: "button", class: `link ${state}`, onclick: () => showOnly({ ...filters, states: [state] }) },
            icon(state),
            text,
          )
        : el("span", { class: state }, icon(state), text),
    );
  }
  return list;
}

function gateLine(gate) {
  if (!gate) return el("span", { class: "muted", text: "no gate: every case must pass" });
  const held = gate.held ?? null;
  const state = held === null ? "unscored" : held ? "pass" : "fail";
  const words = held === null ? "Not enough evidence" : held ? "Held" : "Not held";
  const bound = gate.bound ?? null;
  return el(
    "span",
    { class: "gate-line" },
    el("strong", { class: state }, icon(state), words),
    gate.reason ? el("span", { class: "under", dir: "auto", text: gate.reason }) : null,
    bound === null ? null : el("span", { class: "under", text: `one-sided 95 % bound ${number(bound)}` }),
  );
}
