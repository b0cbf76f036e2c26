// The rows: a small index of each, read once, and the whole record, parsed when somebody asks for it.

const COLUMNS = [
  { key: "state", label: "Result", width: "6.5rem", value: (row) => STATES.indexOf(row.state) },
  { key: "case", label: "Case", width: "minmax(12rem, 3fr)", value: (row) => row.title },
  { key: "suite", label: "Suite", width: "minmax(5rem, 0.8fr)", value: (row) => row.suite },
  { key: "variant", label: "Variant", width: "minmax(5rem, 0.8fr)", value: (row) => row.variant },
  { key: "repeat", label: "Repeat", width: "4.5rem", number: true, value: (row) => row.repeat },
  { key: "check", label: "Failed checks", width: "minmax(9rem, 2fr)", value: (row) => row.checks.join(" ") || null },
  { key: "latency", label: "Latency", width: "5rem", number: true, value: (row) => row.latency },
  { key: "tokens", label: "Tokens", width: "5rem", number: true, value: (row) => row.tokens },
  { key: "cost", label: "Cost", width: "5.5rem", number: true, value: (row) => row.cost },
];

let rows = [];
let blocks = [];

function readIndex() {
  const details = [...document.querySelectorAll("script.details")];
  const indexes = [...document.querySelectorAll("script.index")];
  indexes.forEach((script, block) => {
    blocks.push({ script: details[block], first: rows.length });
    for (const entry of JSON.parse(script.textContent)) {
      const [id, title, suite, variant, repeat, state, latency, tokens, cost, tags, checks, output, reason] = entry;
      rows.push({
        id, title, suite, variant, repeat, state: knownState(state), latency, tokens, cost, tags, checks, output, reason,
        block, at: rows.length, text: null,
      });
    }
  });
}

const keyOf = (row) => [row.suite, row.variant, row.repeat, row.id].join("/");

function usedColumns() {
  const varies = (key) => new Set(rows.map((row) => row[key])).size > 1;
  const known = (key) => rows.some((row) => row[key] !== null && row[key] !== undefined);
  const used = {
    suite: varies("suite"), variant: varies("variant"), repeat: varies("repeat"),
    check: rows.some((row) => row.checks.length || row.reason),
    latency: known("latency"), tokens: known("tokens"), cost: known("cost"),
  };
  return COLUMNS.filter((column) => used[column.key] ?? true);
}

let openBlock = { block: null, lines: [] };

function record(row) {
  if (openBlock.block !== row.block) {
    openBlock = { block: row.block, lines: blocks[row.block].script.textContent.split("\n") };
  }
  return JSON.parse(openBlock.lines[row.at - blocks[row.block].first]);
}

const indexText = (row) =>
  [row.title, row.id, row.suite, row.variant, row.output, row.reason, ...row.tags, ...row.checks].join("\n").toLowerCase();

function recordText(row) {
  const full = record(row);
  const parts = [full.source, full.output, full.error?.message, full.error?.hint];
  for (const message of full.input) parts.push(message.content);
  for (const verdict of full.verdicts ?? []) parts.push(verdict.check, verdict.label, verdict.reason);
  return `${indexText(row)}\n${parts.filter(Boolean).join("\n").toLowerCase()}`;
}

const SLICE_MS = 8;
let textsRead = 0;
let textsReading = false;

// The full texts are read in slices, so that the page answers keys and scrolling meanwhile.
function readTexts(whenRead) {
  if (textsReading || textsRead === rows.length) return;
  textsReading = true;
  const slice = () => {
    const until = performance.now() + SLICE_MS;
    while (textsRead < rows.length && performance.now() < until) {
      rows[textsRead].text = recordText(rows[textsRead]);
      textsRead += 1;
    }
    if (textsRead < rows.length) {
      setTimeout(slice);
      return;
    }
    textsReading = false;
    whenRead();
  };
  slice();
}

function matching(view) {
  const words = view.query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (!view.states.size || view.states.has(row.state)) &&
      (!view.suite || row.suite === view.suite) &&
      (!view.variant || row.variant === view.variant) &&
      (!view.tag || row.tags.includes(view.tag)) &&
      (!view.check || row.checks.includes(view.check)) &&
      (!words.length || hasWords(row, words)),
  );
}

function hasWords(row, words) {
  const text = row.text ?? indexText(row);
  return words.every((word) => text.includes(word));
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

// Equal rows keep the order of the run, and rows without a value come last in either direction.
function sorted(chosen, key, descending) {
  const { value, number: isNumber } = COLUMNS.find((column) => column.key === key);
  const compare = isNumber || key === "state" ? (a, b) => a - b : COLLATOR.compare;
  const turn = descending ? -1 : 1;
  return chosen
    .map((row) => ({ row, value: value(row) ?? null }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.row.at - b.row.at;
      return turn * compare(a.value, b.value) || a.row.at - b.row.at;
    })
    .map((entry) => entry.row);
}

const valuesOf = (list) => [...new Set(list)].filter((value) => value !== "").sort(COLLATOR.compare);
