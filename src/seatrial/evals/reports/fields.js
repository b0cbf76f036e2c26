// Structured answers in numbers: fields beside their labels, class by class, and how often an answer had to be mended.

const CONFUSED_SHOWN = 20;

function drawFields(suites) {
  const several = manyVariants(suites);
  const counted = suites.flatMap((suite) => namedRows(suite, suite.fields));
  fillSection("fields", counted.length > 0, () =>
    el("div", null, fieldsTable(counted, several), ...counted.map((row) => classesBlock(row, counted.length > 1, several))),
  );
  const mended = suites.flatMap((suite) => namedRows(suite, repairRates(suite.repairs)));
  fillSection("repairs", mended.length > 0, () => repairsTable(mended, several));
}

function fieldsTable(rows, several) {
  const heads = [
    { text: "Field", class: "name" },
    { text: "Accuracy, 95 % interval", class: "rate" },
    { text: "Macro recall", class: "rate" },
    { text: "Macro precision", class: "rate" },
  ];
  const cells = rows.map((row) => [
    [
      filterButton(row.name, { suite: row.suite, variant: row.variant, check: "field-accuracy" }, "Show the wrong cases"),
      place(row, several),
      row.value.without_value ? el("span", { class: "under", text: `${count(row.value.without_value)} without a value` }) : null,
    ],
    interval(row.value.accuracy),
    row.value.macro_recall ? interval(row.value.macro_recall) : manyValues(),
    row.value.macro_precision ? interval(row.value.macro_precision) : manyValues(),
  ]);
  return table("Fields beside their labels", heads, cells);
}

const manyValues = () => el("span", { class: "muted", text: "too many different values" });

function classesBlock(row, titled, several) {
  const field = row.value;
  if (!field.classes) return null;
  const where = titled ? ` of ${row.name} (${row.suite}${several ? `, ${row.variant}` : ""})` : "";
  return el(
    "details",
    { class: "more" },
    el("summary", null, quoted(`Classes${where}, and what is taken for what`)),
    classesTable(field.classes),
    confusedBlock(field.confusion ?? {}),
  );
}

function classesTable(classes) {
  const heads = [
    { text: "Class", class: "name" },
    { text: "Recall, of the cases labelled so", class: "rate" },
    { text: "Precision, of the answers that say so", class: "rate" },
  ];
  const missed = (each) => each.cases + each.given - 2 * each.right;
  const sorted = Object.entries(classes).sort(([, a], [, b]) => missed(b) - missed(a));
  const rows = sorted.map(([name, each]) => [quoted(name), interval(each.recall), interval(each.precision)]);
  return table("Classes, most mistakes first", heads, rows);
}

function confusedBlock(confusion) {
  const pairs = Object.entries(confusion)
    .flatMap(([label, row]) => Object.entries(row).map(([answer, cases]) => [label, answer, cases]))
    .filter(([label, answer]) => label !== answer)
    .sort((a, b) => b[2] - a[2]);
  if (!pairs.length) return el("p", { class: "more", text: "No class was taken for another." });
  const heads = [
    { text: "Label", class: "name" },
    { text: "Answer", class: "name" },
    { text: "Cases", class: "number" },
  ];
  const rows = pairs.slice(0, CONFUSED_SHOWN).map(([label, answer, cases]) => [quoted(label), quoted(answer), count(cases)]);
  const rest = pairs.length - CONFUSED_SHOWN;
  const more = rest > 0 ? el("p", { class: "more", text: `and ${plural(rest, "further pair")}; --json has them all` }) : null;
  return el("div", null, table("What was taken for what", heads, rows), more);
}

function repairRates(repairs) {
  if (!repairs) return {};
  const named = { "any field": repairs.repair_rate, ...repairs.fields, "asked again": repairs.asked_again };
  return Object.fromEntries(Object.entries(named).filter(([, rate]) => rate.estimate));
}

function repairsTable(rows, several) {
  const heads = [
    { text: "Mended", class: "name" },
    { text: "Share of the cases, 95 % interval", class: "rate" },
  ];
  return table("Answers that had to be mended, or asked for again", heads, rows.map((row) => [
    [quoted(row.name), place(row, several)],
    interval(row.value),
  ]));
}
