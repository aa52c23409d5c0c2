// More sections: pairs, truth, variety, errors and the work.

function pairsSection() {
  const having = runs.filter((run) => run.pairs && run.pairs.rows.length);
  if (!having.length) return null;
  const rows = having.flatMap((run) => run.pairs.rows.map((each) => ({ run, ...each })));
  const mine = rows.filter((row) => row.run === having[0]);
  const total = sum(mine, "pairs");
  const longer = mine.reduce((all, row) => all + row.longer * row.pairs, 0) / total;
  const gap = mine.reduce((all, row) => all + row.gap * row.pairs, 0) / total;
  const merged = (run, key) => run.pairs.rows.filter((row) => key === "gaps" || row.varies).reduce((all, row) => row[key].map((count, at) => count + (all[at] || 0)), []);
  const varying = (run) => run.pairs.rows.filter((row) => row.varies);
  const figure = (title, note, edges, series, unit) => el("figure", { class: "panel" }, el("figcaption", null, title),
    histogram({ edges, series, unit: "pairs", height: 190, says: title }), el("p", { class: "facts" }, note));
  const margins = two
    ? [figure("Margin", "by how much the chosen answer is better, as shares", having[0].pairs.edges.margin, having.map((run) => ({ counts: merged(run, "margins"), kind: KINDS[runs.indexOf(run)], compared: true, label: run.run })))]
    : varying(first).map((row) => figure(`Margin by ${label(row.by)}`, `mean ${num(row.margin)}: by how much the chosen answer is better`, first.pairs.edges.margin, [{ counts: row.margins, kind: "a" }]));
  const fixed = two ? [] : first.pairs.rows.filter((row) => !row.varies);
  const gapSeries = two
    ? having.map((run) => ({ counts: merged(run, "gaps"), kind: KINDS[runs.indexOf(run)], compared: true, label: run.run }))
    : [{ counts: merged(first, "gaps"), kind: "a" }];
  return {
    id: "pairs", title: "Pairs",
    says: `${plural(total, "pair")}, decided by ${list(mine.map((row) => `${label(row.by)} (${pct(row.pairs / total)})`))}; the chosen answer is the longer one in ${pct(longer)} of them and on average ${Math.abs(gap) < 0.05 ? "just as long" : `${num(Math.abs(gap), 1)} tokens ${gap < 0 ? "shorter" : "longer"}`}.`,
    body: [table([
      { name: "Decided by", of: (row) => [label(row.by), two && [" ", named(row.run)]] },
      { name: "Pairs", of: (row) => n(row.pairs) },
      { name: "", left: true, bar: true, of: (row) => bar(row.pairs, sum(row.run.pairs.rows, "pairs"), KINDS[runs.indexOf(row.run)]) },
      { name: "Mean margin", of: (row) => num(row.margin) },
      { name: "Chosen is longer", of: (row) => pct(row.longer) },
      { name: "Equally long", less: true, of: (row) => pct(row.same) },
      { name: "Mean gap in tokens", less: true, of: (row) => num(row.gap, 1) },
    ], rows, "What decided the pairs"),
    el("div", { class: "grid two" }, margins,
      figure("Length gap", "tokens of the chosen answer less those of the rejected one", having[0].pairs.edges.gap, gapSeries)),
    fixed.length ? el("p", { class: "note" }, `Margins by ${list(fixed.map((row) => label(row.by)))} are all ${num(fixed[0].margin, 1)} and not drawn.`) : null],
  };
}

function truthSection() {
  const having = runs.filter((run) => run.truths.length);
  if (!having.length) return null;
  const run = having[0];
  const curves = [...new Set(having.flatMap((each) => each.curves.map((one) => one.name)))];
  const main = run.curves.find((each) => each.name === "reward") || run.curves[0];
  const ends = main && [main.points[0], main.points.at(-1)];
  const says = main
    ? `Raising the threshold on ${label(main.name)} from ${short(ends[0].at)} to ${short(ends[1].at)} takes the share of right answers among those kept from ${pct(ends[0].precision)} to ${pct(ends[1].precision)}.`
    : `Truth is known by ${list(run.truths.map(label))}.`;
  const drawn = (name) => {
    const series = having.map((each) => ({ one: each.curves.find((c) => c.name === name), kind: KINDS[runs.indexOf(each)] }))
      .filter((each) => each.one).map(({ one, kind }) => ({ points: one.points, kind, used: one.used }));
    return el("figure", { class: "panel" }, el("figcaption", null, `Threshold on ${label(name)}`), curve(series, series[0].used),
      later("As a table", () => table([
        { name: "Threshold", of: (p) => short(p.at) },
        { name: "Right", of: (p) => pct(p.precision) },
        { name: "95% interval", of: (p) => `${pct(p.sure[0])} to ${pct(p.sure[1])}` },
        { name: "Kept", of: (p) => pct(p.kept) },
        { name: "Answers", of: (p) => n(p.n) },
      ], series[0].points, `Precision by threshold on ${label(name)}`)));
  };
  const agreement = (each) => table([
    { name: "Pairs", of: (row) => label(row.pairs_by) },
    { name: "Number", less: true, of: (row) => n(row.pairs) },
    { name: "Chosen is right", of: (row) => pct(row.chosen_right) },
    { name: "Told apart", less: true, title: "pairs with one right and one wrong answer", of: (row) => n(row.apart) },
    { name: "Right over wrong", left: true, bar: true, title: "of the pairs told apart", of: (row) => [el("span", { class: "beside" }, pct(row.agreement)), row.agreement !== null && bar(row.agreement, 1, KINDS[runs.indexOf(each)])] },
    ...(each.agreements.some((row) => row.consistent !== undefined)
      ? [{ name: "Same in both orders", of: (row) => (row.consistent === undefined ? "" : pct(row.consistent)) }] : []),
  ], each.agreements, "Agreement of pairs with truth");
  return {
    id: "truth", link: "Truth", title: "Against truth", says,
    body: [
      curves.length ? [el("div", { class: "grid two" }, curves.map(drawn)),
        key(["stroke thick", "right among those kept, with its 95% interval"], ["stroke", "share kept"], ["dash", "the run's threshold"])] : null,
      el("p", { class: "note" }, `Truth here is what ${list(run.truths.map(label))} could tell. Of two answers one of which is right, chance picks the right one in half of the cases.`),
      runs.map((each) => each.agreements.length ? [two && el("h3", null, named(each)), agreement(each)] : null),
    ],
  };
}

function spreadSection() {
  const having = runs.filter((run) => run.spread.length);
  if (!having.length) return null;
  const families = [...new Set(having.flatMap((run) => run.spread.map((each) => each.family)))];
  const rows = families.flatMap((family) => having.flatMap((run) => run.spread.filter((each) => each.family === family).map((each) => ({ run, group: family, ...each }))));
  const mine = rows.filter((row) => row.run === having[0] && row.vendi !== null && row.prompts > 1).sort((a, b) => a.vendi / a.prompts - b.vendi / b.prompts);
  const most = Math.max(...rows.map((row) => row.prompts));
  const words = (row) => {
    const counts = Object.entries(row.words).filter(([name]) => name !== "0");
    const top = Math.max(1, ...counts.map(([, count]) => count));
    return el("span", { class: "spark", role: "img", "aria-label": counts.filter(([, count]) => count).map(([name, count]) => `${name} words: ${count}`).join(", ") },
      counts.map(([name, count]) => {
        const one = el("i", { title: `${name} words: ${n(count)}` });
        one.style.height = `${Math.round((100 * count) / top)}%`;
        return one;
      }));
  };
  return {
    id: "spread", link: "Variety", title: "Variety of the prompts",
    says: mine.length > 1 ? `For its size, ${label(mine.at(-1).family)} is the most varied family and ${label(mine[0].family)} the least.` : "How varied the prompts are.",
    body: [table([
      { name: "Family", of: (row) => about(row, label(row.family)) },
      { name: "Measured", less: true, title: "prompts measured", of: (row) => n(row.prompts) },
      { name: "Different", less: true, title: "share of different texts", of: (row) => pct(row.unique) },
      { name: "Distinct-2", title: "share of different pairs of words", of: (row) => pct(row.distinct_2) },
      { name: "Topics", less: true, of: (row) => (row.topics ? n(row.topics) : NONE) },
      { name: "Vendi", title: "as varied as so many prompts that have nothing in common", of: (row) => num(row.vendi, 1) },
      { name: "Words: 1 to 320+", left: true, of: words },
    ], rows, "How varied the prompts of each family are"),
    el("p", { class: "note" }, `Measured on up to ${n(most)} prompts of a family; Vendi and distinct-2 of different numbers of prompts do not compare.`)],
  };
}

function errorsSection() {
  const rows = runs.flatMap((run) => [
    ...run.errors.map((each) => ({ run, ...each })),
    ...run.left_out.map((each) => ({ run, where: "selection", kind: each.name, count: each.count, example: "" })),
  ]);
  const mine = first.errors;
  const repeated = first.outcomes.repeated;
  const says = mine.length
    ? `${plural(sum(mine, "count"), "prompt or answer", "prompts and answers")} ended as errors, most often “${mine[0].kind}”.`
    : `No prompt and no answer ended as an error${first.left_out.length ? `; ${plural(sum(first.left_out, "count"), "answer")} were left out by the selection` : ""}.`;
  return {
    id: "errors", link: "Errors", title: "What went wrong, and what was left out", says,
    body: [rows.length ? table([
      { name: "What", of: (row) => [row.where === "selection" ? "answer left out" : `${row.where} failed`, two && [" ", named(row.run)]] },
      { name: "Reason", left: true, of: (row) => row.kind },
      { name: "Count", of: (row) => n(row.count) },
      { name: "Example", left: true, less: true, of: (row) => el("span", { class: "example" }, ...shown(row.example)) },
    ], rows, "Errors and reasons for leaving out") : null,
    repeated ? el("p", { class: "note" }, `${plural(repeated, "prompt")} more ${repeated === 1 ? "was" : "were"} set aside because another prompt or a benchmark makes ${repeated === 1 ? "it" : "them"} needless.`) : null],
  };
}

function workSection() {
  const names = [...new Set(runs.flatMap((run) => run.steps.map((each) => each.step)))];
  const rows = names.flatMap((name) => runs.flatMap((run) => run.steps.filter((each) => each.step === name).map((each) => ({ run, group: name, ...each }))));
  const mine = first.steps.filter((each) => each.seconds).sort((a, b) => b.seconds - a.seconds);
  const all = sum(first.steps, "seconds");
  const most = Math.max(...rows.map((row) => row.seconds), 1e-9);
  return {
    id: "work", link: "Time", title: "Tokens and time",
    says: mine.length ? `${n(totals(first).written)} tokens were written and ${n(totals(first).read)} read; the step ${mine[0].step} took ${seconds(mine[0].seconds)}, the longest.` : "What the work took.",
    body: [table([
      { name: "Step", of: (row) => about(row, row.step) },
      { name: "Shards", less: true, of: (row) => (row.shards < row.of ? `${n(row.shards)} of ${n(row.of)}` : n(row.shards)) },
      { name: "Tokens in", less: true, of: (row) => (row.tokens_in ? n(row.tokens_in) : "") },
      { name: "Tokens out", less: true, of: (row) => (row.tokens_out ? n(row.tokens_out) : "") },
      { name: "Tokens/s", of: (row) => (row.seconds && (row.tokens_out || row.tokens_in) ? n((row.tokens_out || row.tokens_in) / row.seconds) : "") },
      { name: "Time", of: (row) => seconds(row.seconds) },
      { name: "", left: true, bar: true, of: (row) => bar(row.seconds, most, KINDS[runs.indexOf(row.run)]) },
      { name: "Shards' time", less: true, title: "of all shards one after the other", of: (row) => seconds(row.work) },
    ], rows, "Tokens and seconds of each step"),
    el("p", { class: "note" }, `Time is how long at least one shard was in a step (${seconds(all)} in all steps together; they may overlap). Times the GPUs of a step's pool, it is the step's cost in GPU time.`),
    both((run) => later("Slowest shards", () => table([
      { name: "Step", of: (row) => row.step },
      { name: "Shard", of: (row) => row.shard },
      { name: "Took", of: (row) => seconds(row.seconds) },
      { name: "Median of its step", of: (row) => seconds(row.median) },
      { name: "Times the median", of: (row) => (row.median ? num(row.seconds / row.median, 1) : NONE) },
    ], run.slowest, "The shards that took longest")))],
  };
}
