// One case in full: what was said, with the places its checks point at, what each check found, and what it cost.

function drawDetail(row, actions) {
  const full = record(row);
  const turns = full.turns ?? [];
  const badness = (verdict) => STATES.indexOf(knownState(verdict.state));
  const verdicts = [...(full.verdicts ?? [])].sort((a, b) => badness(a) - badness(b));
  $("detail").replaceChildren(
    detailHead(row, full, actions),
    el(
      "div",
      { class: "body", tabindex: 0, role: "region", "aria-label": "The case in full" },
      full.error ? errorBlock(full.error) : null,
      part("Checks", verdictList(verdicts, turns.length)),
      varsBlock(full.vars),
      part("Conversation", conversation(full, turns, verdicts)),
      ...otherTexts(turns, verdicts),
      valuesBlock(turns),
      attemptsBlock(turns, full.error),
      part("Totals", totals(full)),
    ),
  );
}

function detailHead(row, full, { previous, next, close }) {
  const repeat = (full.repeat ?? 1) > 1 ? `repeat ${full.repeat}` : null;
  const place = [full.suite, full.variant, repeat, full.source].filter(Boolean);
  const button = (name, label, onclick) =>
    el(
      "button",
      { type: "button", class: "plain square", "aria-label": label, title: label, onclick },
      icon(name, "glyph"),
    );
  return el(
    "header",
    null,
    el(
      "div",
      { class: "bar" },
      badge(full.state),
      el("span", { class: "spacer" }),
      button("up", "Previous case (k)", previous),
      button("down", "Next case (j)", next),
      button("close", "Close (Esc)", close),
    ),
    el("h2", { id: "detail-title", dir: "auto", text: full.name || row.title }),
    el("p", { class: "place" }, ...place.flatMap((text, index) => (index ? [" \u00b7 ", quoted(text)] : [quoted(text)]))),
    full.case && full.case !== (full.name || row.title) ? el("p", { class: "place" }, "id ", quoted(full.case)) : null,
    full.tags?.length
      ? el("ul", { class: "tags", "aria-label": "Tags" }, ...full.tags.map((tag) => el("li", null, quoted(tag))))
      : null,
  );
}

function part(title, ...content) {
  const filled = content.filter(Boolean);
  return filled.length ? el("section", { class: "part" }, el("h3", { text: title }), ...filled) : null;
}

function errorBlock(error) {
  return el(
    "div",
    { class: "problem", role: "note", "aria-label": "Error" },
    el("strong", { class: "error" }, icon("error"), `Error: ${error.kind ?? "unknown"}`),
    error.message ? said(error.message) : null,
    error.hint ? el("p", { class: "hint" }, el("b", { text: "hint: " }), quoted(error.hint)) : null,
  );
}

function verdictList(verdicts, turns) {
  return verdicts.length
    ? el("ul", { class: "verdicts" }, ...verdicts.map((verdict) => verdictLine(verdict, turns)))
    : null;
}

function verdictLine(verdict, turns) {
  const notes = [
    verdict.score === null || verdict.score === undefined ? null : `score ${THREE_DIGITS.format(verdict.score)}`,
    verdict.label,
    verdict.on && verdict.on !== "answer" ? `on ${verdict.on}` : null,
    turns > 1 ? `turn ${(verdict.turn ?? 0) + 1}` : null,
    verdict.weight === 0 ? "reports only" : null,
    verdict.usage ? `judged with ${plural(tokens(verdict.usage), "token")}` : null,
    verdict.version ? `version ${verdict.version.slice(0, 12)}` : null,
  ].filter(Boolean);
  return el(
    "li",
    { class: knownState(verdict.state) },
    badge(verdict.state),
    el(
      "div",
      null,
      el("strong", null, quoted(verdict.check ?? "")),
      ...notes.map((note) => el("span", { class: "note" }, quoted(note))),
      verdict.reason ? said(verdict.reason) : null,
    ),
  );
}

const tokens = (usage) => (usage.input_total ?? 0) + (usage.output_total ?? 0);

function varsBlock(vars) {
  if (!vars) return null;
  const list = el("dl", { class: "vars" });
  for (const [name, value] of Object.entries(vars)) {
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
    list.append(el("div", null, el("dt", null, quoted(name)), el("dd", null, said(text))));
  }
  return part("Inputs", list);
}

const ROLES = { system: "System", user: "User", assistant: "Assistant", tool: "Tool" };

function conversation(full, turns, verdicts) {
  const messages = [...full.input];
  const answered = full.output || !full.error;
  if (answered) messages.push({ role: "assistant", content: full.output, last: true });
  const list = el("ol", { class: "conversation" });
  messages.forEach((message, at) => {
    const judged = verdictsOn(message, at, messages.length, turns, verdicts);
    const role = Object.hasOwn(ROLES, message.role) ? message.role : "tool";
    list.append(
      el(
        "li",
        { class: `message ${role}${message.last ? " judged" : ""}` },
        el("span", { class: "role", text: message.last ? "Answer" : ROLES[role] }),
        message.content ? marked(message.content, judged) : el("p", { class: "muted", text: "(empty)" }),
      ),
    );
  });
  return list;
}

// Which verdicts speak about this message: the answer of turn t stands right after the messages turn t was asked with.
function verdictsOn(message, at, length, turns, verdicts) {
  const asked = (verdict) => turns[verdict.turn ?? 0]?.at || (verdict.turn ?? 0 ? null : length - 1);
  return verdicts.filter((verdict) => {
    const on = verdict.on ?? "answer";
    if (on === "answer") return asked(verdict) === at || (message.last && (verdict.turn ?? 0) === turns.length - 1);
    return on === "input" && message.role === "user" && asked(verdict) === at + 1;
  });
}

function otherTexts(turns, verdicts) {
  return turns.flatMap((turn, index) => {
    const on = (name) => verdicts.filter((verdict) => verdict.on === name && (verdict.turn ?? 0) === index);
    const title = (text) => (turns.length > 1 ? `${text}, turn ${index + 1}` : text);
    return [
      turn.raw ? part(title("As the model said it"), marked(turn.raw, on("raw"))) : null,
      turn.context?.length ? part(title("Context"), marked(turn.context.join("\n"), on("context"))) : null,
      turn.reasoning ? part(title("Reasoning"), said(turn.reasoning)) : null,
    ];
  });
}

// Spans count code points; JavaScript strings count UTF-16 units. One walk turns every bound into its unit offset.
function unitOffsets(text, bounds) {
  const wanted = [...new Set(bounds)].sort((a, b) => a - b);
  const offsets = new Map();
  let points = 0;
  let units = 0;
  for (const bound of wanted) {
    while (points < bound && units < text.length) {
      units += text.codePointAt(units) > 0xffff ? 2 : 1;
      points += 1;
    }
    offsets.set(bound, units);
  }
  return offsets;
}

// Overlapping spans are cut where any of them begins or ends; each piece carries every check that points at it.
function marked(text, verdicts) {
  const spans = verdicts.flatMap((verdict) => (verdict.spans ?? []).map(({ start = 0, end }) => ({ start, end, verdict })));
  if (!spans.length) return said(text);
  const offsets = unitOffsets(text, spans.flatMap(({ start, end }) => [start, end]));
  const cuts = [...new Set([0, ...offsets.values(), text.length])].sort((a, b) => a - b);
  const block = el("div", { class: "said", dir: "auto" });
  for (let index = 0; index + 1 < cuts.length; index += 1) {
    const [from, to] = [cuts[index], cuts[index + 1]];
    const here = spans.filter(({ start, end }) => offsets.get(start) <= from && to <= offsets.get(end));
    const piece = text.slice(from, to);
    block.append(here.length ? markedPiece(piece, here) : piece);
  }
  return block;
}

function markedPiece(text, spans) {
  const states = spans.map(({ verdict }) => knownState(verdict.state));
  const state = STATES.find((name) => states.includes(name));
  const words = ({ verdict }) => `${verdict.check}: ${STATE_WORDS[knownState(verdict.state)].toLowerCase()}`;
  return el("mark", { class: state, title: [...new Set(spans.map(words))].join(", "), text });
}

// What was read from structured answers, what was mended for it, and the answers that did not fit.
function valuesBlock(turns) {
  const lists = turns.filter((turn) => turn.outcome || turn.rejected).map(valuePairs);
  return lists.length ? part("Value", ...lists) : null;
}

function valuePairs(turn) {
  const repaired = ({ name, path, detail }) => ["repaired", `${name} at ${path ?? "$"}${detail ? `: ${detail}` : ""}`];
  const again = ({ outcome, errors, text }) => ["asked again", [outcome, ...(errors ?? []), text].join("\n")];
  const pairs = [
    ["outcome", turn.outcome],
    ["value", turn.outcome === "value" && JSON.stringify(turn.parsed ?? null, null, 1)],
    ...(turn.repairs ?? []).map(repaired),
    ...(turn.errors ?? []).map((error) => ["error", error]),
    ...(turn.rejected ?? []).map(again),
  ].filter(([, value]) => value);
  return pairList(pairs.map(([term, value]) => [term, quoted(value)]));
}

function attemptsBlock(turns, shownError) {
  const lines = turns.flatMap((turn, index) =>
    (turn.attempts ?? []).map((attempt) => attemptLine(attempt, turns.length > 1 ? index + 1 : null, shownError)),
  );
  return lines.length ? part("Attempts", el("ol", { class: "attempts" }, ...lines)) : null;
}

function attemptLine(attempt, turn, shownError) {
  const usage = attempt.usage;
  const cached = usage?.cache_read ? ` (${count(usage.cache_read)} cached)` : "";
  const model = [attempt.model, attempt.use, attempt.served_by].filter((name, at, all) => name && all.indexOf(name) === at);
  const raw = attempt.raw_finish && attempt.raw_finish !== attempt.finish ? ` (${attempt.raw_finish})` : "";
  const notes = [
    ["finish", attempt.finish && attempt.finish + raw],
    ["schema by", attempt.rung],
    ["second request", attempt.hedged && "beside a slow first"],
    ["waited for limits", attempt.queued_ms && milliseconds(attempt.queued_ms)],
    ["latency", milliseconds(attempt.latency_ms)],
    ["first token", milliseconds(attempt.first_token_ms)],
    ["tokens in", usage && count(usage.input_total) + cached],
    ["tokens out", usage && count(usage.output_total)],
    ["cost", nanoDollars(attempt.cost_nusd) || (usage || attempt.error?.billable ? "unknown" : null)],
  ].filter(([, value]) => value);
  return el(
    "li",
    { class: attempt.error ? "fail" : null },
    el("strong", null, turn ? `Turn ${turn}: ` : null, quoted(model.join(" \u00b7 ") || "no model named")),
    pairList(notes.map(([term, value]) => [term, quoted(value)])),
    attempt.error && attempt.error.message !== shownError?.message ? errorBlock(attempt.error) : null,
  );
}

function totals(full) {
  const pairs = [
    ["latency", milliseconds(full.latency_ms)],
    ["tokens", full.usage && count(tokens(full.usage))],
    ["cost", nanoDollars(full.cost_nusd) || (full.usage ? "unknown" : null)],
  ].filter(([, value]) => value);
  return pairs.length ? pairList(pairs) : null;
}

function pairList(pairs) {
  const lines = pairs.map(([term, value]) => el("div", null, el("dt", { text: term }), el("dd", null, value)));
  return el("dl", { class: "pairs" }, ...lines);
}
