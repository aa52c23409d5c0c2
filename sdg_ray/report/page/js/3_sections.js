// The sections: each begins with one sentence that says what one sees, and is left out where the run has nothing for it.

const data = JSON.parse(document.getElementById("data").textContent);
const runs = data.runs;
const first = runs[0];
const two = runs.length > 1;
const KINDS = ["a", "b"]; // the colours of the first run and of the second
const about = (row, words) => (two ? [el("span", { class: row.run === first ? null : "unseen" }, words, " "), named(row.run)] : words);
const named = (run) => el("span", { class: "run-name" }, el("i", { class: KINDS[runs.indexOf(run)] }), run.run);
const both = (make) => (two ? runs.map((run) => [el("h3", null, named(run)), make(run)]) : make(first));
const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] || 0), 0);
const stage = (run, name) => run.funnel.find((each) => each.stage === name);
const totals = (run) => ({
  planned: run.funnel[0].prompts,
  used: (stage(run, "unlike all others") || stage(run, "with a prompt")).prompts,
  answers: sum(run.models, "answers"),
  judged: sum(run.models, "judged"),
  kept: sum(run.models, "kept"),
  pairs: run.pairs ? sum(run.pairs.rows, "pairs") : null,
  read: sum(run.steps, "tokens_in"),
  written: sum(run.steps, "tokens_out"),
});

const ENDS = { "with a prompt": "are there", "unlike all others": "are unlike all others", answered: "are answered", scored: "have a score",
  "with an answer kept": "have an answer that is kept", "with a pair": "end with a pair" };

function funnelSection() {
  const all = totals(first);
  const last = first.funnel.at(-1);
  const most = Math.max(...runs.map((run) => run.funnel[0].prompts));
  const stages = [...new Set(runs.flatMap((run) => run.funnel.map((each) => each.stage)))];
  const rows = stages.flatMap((name) => runs.map((run) => ({ name, run, at: run.funnel.findIndex((each) => each.stage === name) })))
    .filter(({ at }) => at >= 0)
    .map(({ name, run, at }) => ({ name, run, group: name, here: run.funnel[at], before: run.funnel[at - 1] }));
  return {
    id: "funnel", link: "Funnel", title: "From plan to pairs",
    says: `Of ${n(all.planned)} prompts planned, ${n(all.used)} are used, and ${n(last.prompts)} of these (${pct(share(last.prompts, all.used))}) ${ENDS[last.stage]}.`,
    body: table([
      { name: "Stage", of: (row) => about(row, row.name) },
      { name: "Prompts", of: (row) => n(row.here.prompts) },
      { name: "", left: true, bar: true, of: (row) => bar(row.here.prompts, most, KINDS[runs.indexOf(row.run)]) },
      { name: "Of the stage before", less: true, of: (row) => (row.before ? pct(share(row.here.prompts, row.before.prompts)) : "") },
      { name: "Answers", title: "answers, or pairs in the last row", of: (row) => (row.here.answers === null ? "" : n(row.here.answers)) },
    ], rows, "How many prompts and answers came how far"),
  };
}

function familiesSection() {
  const families = [...new Set(runs.flatMap((run) => run.families.map((each) => each.family)))];
  const of = (run, family) => run.families.find((each) => each.family === family);
  const rows = families.flatMap((family) => runs.map((run) => ({ run, ...of(run, family), family, group: family })).filter((row) => row.planned));
  const judged = rows.filter((row) => row.run === first && row.judged).sort((a, b) => a.kept / a.judged - b.kept / b.judged);
  const scorer = (rows.find((row) => row.scorer) || {}).scorer;
  const extremes = judged.length > 1 &&
    `${label(judged[0].family)} keeps the fewest of its answers (${pct(judged[0].kept / judged[0].judged)}), ${label(judged.at(-1).family)} the most (${pct(judged.at(-1).kept / judged.at(-1).judged)}).`;
  return {
    id: "families", title: "Families",
    says: (extremes && capital(extremes)) || `The prompts are of ${plural(families.length, "family", "families")}.`,
    body: table([
      { name: "Family", of: (row) => about(row, label(row.family)) },
      { name: "Planned", less: true, of: (row) => n(row.planned) },
      { name: "Used", of: (row) => n(row.used) },
      { name: "Answers", less: true, of: (row) => n(row.answers) },
      { name: "Kept", of: (row) => pct(share(row.kept, row.judged)) },
      { name: "", left: true, bar: true, of: (row) => (row.judged ? bar(row.kept, row.judged, KINDS[runs.indexOf(row.run)]) : "") },
      { name: "With a pair", title: "share of the prompts used", of: (row) => (row.run.pairs ? pct(share(row.paired, row.used)) : NONE) },
      ...(scorer ? [{ name: `Mean ${label(scorer)}`, less: true, of: (row) => num(row.score) }] : []),
    ], rows, "What became of each family's prompts and answers"),
  };
}

function modelsSection() {
  if (!runs.some((run) => run.models.length)) return null;
  const best = first.models.filter((each) => each.chosen + each.rejected)
    .sort((a, b) => b.chosen / (b.chosen + b.rejected) - a.chosen / (a.chosen + a.rejected))[0];
  const says = first.models.length > 1 && best
    ? `${best.model} wins most often: ${pct(best.chosen / (best.chosen + best.rejected))} of its answers in pairs are the chosen one.`
    : `${first.models.length > 1 ? plural(first.models.length, "model") : (first.models[0] || { model: "No model" }).model} wrote ${n(sum(first.models, "answers"))} answers.`;
  const winners = (run) => table([
    { name: "Model", of: (row) => row.model },
    { name: "Answers", of: (row) => n(row.answers) },
    { name: "Mean tokens", less: true, of: (row) => num(row.tokens, 1) },
    { name: "Kept", of: (row) => pct(share(row.kept, row.judged)) },
    ...(run.models.some((row) => row.scorer) ? [{ name: `Mean ${label(run.models[0].scorer)}`, less: true, of: (row) => num(row.score) }] : []),
    ...(run.pairs && run.models.length > 1 ? [
      { name: "Chosen", less: true, of: (row) => n(row.chosen) },
      { name: "Rejected", less: true, of: (row) => n(row.rejected) },
      { name: "Wins", left: true, bar: true, of: (row) => [el("span", { class: "beside" }, pct(share(row.chosen, row.chosen + row.rejected))), bar(row.chosen, row.chosen + row.rejected, KINDS[runs.indexOf(run)])] },
    ] : []),
  ], run.models, "Who wrote how many answers, and whose are chosen");
  const against = (run) => {
    const { models, counts } = run.beats;
    const most = Math.max(1, ...counts.flat());
    const every = models.map((_, at) => at);
    return el("div", { class: "panel fit" }, el("h3", null, "Who is chosen over whom"),
      el("p", { class: "note" }, "Pairs by the model of the chosen answer (row) and of the rejected one (column)."),
      square(models, every, every, (i, j) => ({ text: n(counts[i][j]), tint: counts[i][j] / most, side: "plus" }), "Pairs by the models of chosen and rejected", models.length > 6));
  };
  return { id: "models", title: "Models", says, body: both((run) => [winners(run), run.beats && against(run)]) };
}

function scoresSection() {
  const names = [...new Set(runs.flatMap((run) => run.attributes.map((each) => each.name)))];
  const of = (run, name) => run.attributes.find((each) => each.name === name);
  const shownNames = names.filter((name) => runs.some((run) => of(run, name) && of(run, name).n && !of(run, name).plain));
  const told = names.filter((name) => of(first, name) && of(first, name).plain && of(first, name).n);
  if (!names.length) return null;
  const one = (name) => {
    const mine = runs.map((run) => of(run, name));
    const lead = mine.find(Boolean);
    const series = two
      ? mine.map((each, k) => ({ counts: each ? each.counts : [], kind: KINDS[k], compared: true, label: runs[k].run })).filter((each) => each.counts.length)
      : [{ counts: lead.counts, kind: lead.kept ? "pale" : "a" }, ...(lead.kept ? [{ counts: lead.kept, kind: "a", label: "kept" }] : [])];
    const facts = mine.map((each, k) => each && each.n > 0 && el("p", { class: "facts" }, two && named(runs[k]), two && " ",
      `mean ${num(each.mean)}, sd ${num(each.sd)}, n ${n(each.n)}`, each.missing > 0 && `, ${n(each.missing)} not told`));
    return el("figure", { class: "small" }, el("figcaption", null, label(name)), histogram({
      edges: lead.edges, series, mark: lead.threshold, says: `Histogram of ${label(name)}: mean ${num(lead.mean)}` }), facts);
  };
  const main = [of(first, "reward"), ...first.attributes].find((each) => each && each.n);
  const what = main && (main.name === "reward" ? "a reward" : `a score by ${label(main.name)}`);
  const says = !main ? "How the scores and their parts are spread."
    : main.plain ? `${pct(main.mean)} of the answers have ${what} of 1, and the others of 0.` // it has no middle
      : `Half of the answers have ${what} of at least ${num(main.median)}, and one in ten of at most ${num(main.p10)}.`;
  return {
    id: "scores", title: "Scores", says,
    body: [
      !two && key(first.attributes.some((each) => each.kept) && ["a", "kept"], first.attributes.some((each) => each.kept) && ["pale", "left out"],
        first.attributes.some((each) => each.threshold !== null && each.threshold !== undefined) && ["dash", "threshold"], [null, "bars count answers"]),
      two && el("p", { class: "key" }, runs.map(named), el("span", null, "as shares of each run's answers")),
      el("div", { class: "grid" }, shownNames.map(one)),
      told.length ? el("p", { class: "note" }, `Not drawn, because they are 1 or 0: ${list(told.map((name) => `${label(name)} (${pct(of(first, name).mean)} right of ${n(of(first, name).n)})`))}.`) : null,
    ],
  };
}

function correlationSection() {
  const shown = runs.filter((run) => run.correlations.names.length > 2);
  if (!shown.length) return null;
  const strongest = (run) => {
    const { names, r } = run.correlations;
    const found = names.flatMap((name, i) => names.slice(0, i).map((other, j) => ({ name, other, r: r[i][j] })))
      .filter((each) => each.r !== null && !related(each.name, each.other));
    return found.sort((a, b) => Math.abs(b.r) - Math.abs(a.r))[0];
  };
  const top = strongest(shown[0]);
  return {
    id: "correlations", link: "Correlations", title: "What goes with what",
    says: top ? `Closest together are ${label(top.name)} and ${label(top.other)} (r = ${num(top.r)}).` : "How the attributes go together.",
    body: [both((run) => {
      const { names, r } = run.correlations;
      const every = names.map((_, at) => at);
      const cell = (i, j) => j < i ? { text: num(r[i][j]), tint: Math.abs(r[i][j] || 0), side: (r[i][j] || 0) < 0 ? "minus" : "plus" } : null;
      return names.length > 2 ? square(names.map(label), every.slice(1), every.slice(0, -1), cell, "Pearson's r of each two attributes", true) : el("p", { class: "note" }, "Too few attributes.");
    }), key(["a", "rise together"], ["b", "one rises as the other falls"], [null, "Pearson's r over all answers that have both"])],
  };
}
const related = (one, other) => one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

function lengthSection() {
  if (!runs.some((run) => run.lengths.length)) return null;
  const main = first.lengths.find((each) => each.name === "reward") || first.lengths[0] || runs.flatMap((run) => run.lengths)[0];
  const size = Math.abs(main.r || 0);
  const strength = size < 0.1 ? "hardly depends on" : `${size < 0.3 ? "slightly " : ""}${main.r > 0 ? "rises" : "falls"} with`;
  const within = main.r_within === null ? "" : `; among the answers to one prompt r is ${num(main.r_within)}`;
  return {
    id: "length", link: "Length", title: "Score and length",
    says: main.r === null ? `The ${label(main.name)} score or the length of the answer does not vary, so nothing can be said of the two.`
      : `The ${label(main.name)} score ${strength} the length of the answer (r = ${num(main.r)}${within}).`,
    body: [el("div", { class: "grid two" }, runs.flatMap((run) => run.lengths.map((each) => el("figure", { class: "panel" },
      el("figcaption", null, `${label(each.name)} by length`, two && [" ", named(run)]),
      field(each, { x: "tokens of the answer", y: label(each.name) }),
      el("p", { class: "facts" }, `r ${num(each.r)}, within a prompt ${num(each.r_within)}, n ${n(each.n)}`))))),
    key(["a", "the stronger, the more answers"], ["stroke", "median"])],
  };
}
