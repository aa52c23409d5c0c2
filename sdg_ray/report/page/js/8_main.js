// The page: its head, its sections, the way between them, and light or dark.

const MODES = { auto: "light dark", light: "light", dark: "dark" };

function remembered(mode) { // where the browser lets a page remember nothing, it is auto each time
  try {
    if (mode) localStorage.setItem("sdg_ray.theme", mode);
    return localStorage.getItem("sdg_ray.theme") || "auto";
  } catch {
    return mode || "auto";
  }
}

function themeButton() {
  const button = el("button", { type: "button", class: "theme" });
  const put = (mode) => {
    document.documentElement.style.colorScheme = MODES[mode] || MODES.auto;
    button.textContent = `Theme: ${mode}`;
    button.dataset.mode = mode;
  };
  button.addEventListener("click", () => {
    const names = Object.keys(MODES);
    put(remembered(names[(names.indexOf(button.dataset.mode) + 1) % names.length]));
  });
  put(remembered() in MODES ? remembered() : "auto");
  return button;
}

function tile(name, of) { // one large figure; of the second run a smaller one below
  const [value, note] = of(first);
  return el("div", { class: "tile" }, el("dt", null, name), el("dd", null, value),
    note && el("dd", { class: "under" }, note), two && el("dd", { class: "under" }, named(runs[1]), " ", of(runs[1])[0]));
}

function lead(run) { // the run in one sentence
  const all = totals(run);
  const wrote = run.models.map((each) => each.model);
  const by = wrote.length > 4 ? `${n(wrote.length)} models` : list(wrote);
  return el("p", { class: "lead" }, two && [named(run), ": "], `${plural(all.used, "prompt")} answered ${n(all.answers)} times${by ? ` by ${by}` : ""}`,
    all.judged ? `; ${pct(share(all.kept, all.judged))} of the answers kept` : "", all.pairs === null ? "." : `, and ${plural(all.pairs, "preference pair")} made of them.`);
}

function head() {
  const notices = runs.flatMap((run) => [
    run.unfinished.length && `${run.run} is not finished: ${list(run.unfinished.map((each) => `${each.step} has ${n(each.shards)} of ${n(each.of)} shards`))}.`,
    run.share < 1 && `${run.run} is large: the figures are of a share of ${pct(run.share)} of its prompts, drawn by their ids.`,
  ].filter(Boolean));
  return [
    el("p", { class: "kicker" }, two ? "Two runs compared" : "Run report"),
    el("h1", null, two ? [named(first), el("span", { class: "against" }, " and "), named(runs[1])] : first.run),
    runs.map(lead),
    notices.map((each) => el("p", { class: "notice" }, each)),
    el("dl", { class: "tiles" },
      tile("Prompts used", (run) => [n(totals(run).used), `${pct(share(totals(run).used, totals(run).planned))} of planned`]),
      tile("Answers", (run) => [n(totals(run).answers), `${num(share(totals(run).answers, totals(run).used), 1)} a prompt`]),
      runs.some((run) => totals(run).judged) && tile("Kept", (run) => [pct(share(totals(run).kept, totals(run).judged)), `${n(totals(run).kept)} answers`]),
      runs.some((run) => run.pairs) && tile("Pairs", (run) => [n(totals(run).pairs), `from ${pct(share(run.outcomes.paired, totals(run).used))} of prompts`]),
      tile("Tokens written", (run) => [n(totals(run).written), `${n(totals(run).read)} read`])),
    runs.map((run) => later(two ? `How ${run.run} was made` : "How it was made", () => making(run))),
  ];
}

function making(run) {
  const command = run.command || null;
  const settings = (step) => (step.settings.length > 14
    ? later(`${step.settings.length} settings`, () => pairs(step.settings)) : pairs(step.settings));
  const pairs = (some) => el("dl", { class: "plain" }, some.map(([name, value]) => [el("dt", null, name), el("dd", null, ...shown(value))]));
  return el("div", { class: "making" },
    command && el("pre", null, ...shown(Array.isArray(command) ? command.join(" ") : String(command))),
    el("p", null, "Files in ", el("code", null, `${run.root}/${run.run}`), ". Models: ",
      run.models_used.length ? list(run.models_used.map((each) => `${each.name} (${each.steps})`)) : "none", "."),
    el("ol", { class: "recipe" }, run.recipe.map((step) => el("li", null, el("strong", null, step.step), ` ${step.is}`,
      step.run !== run.run && el("span", { class: "note" }, ` read from ${step.run}`), step.settings.length ? settings(step) : null))),
    el("p", { class: "note" }, Object.entries(run.versions).map(([name, version]) => `${name} ${version}`).join(", ")));
}

function put() {
  const made = [funnelSection, familiesSection, modelsSection, scoresSection, correlationSection, lengthSection, pairsSection,
    truthSection, spreadSection, errorsSection, workSection, recordsSection].map((make) => make()).filter(Boolean);
  document.getElementById("top").append(...head().flat(Infinity).filter(Boolean));
  const links = made.map((each) => el("a", { href: `#${each.id}` }, each.link || each.title));
  document.getElementById("nav").append(el("div", { class: "links" }, links), themeButton());
  document.getElementById("main").replaceChildren(...made.map((each) => el("section", { id: each.id, "aria-labelledby": `${each.id}-title` },
    el("h2", { id: `${each.id}-title` }, each.title), el("p", { class: "says" }, two && [named(first), ": "], each.says), each.body)));
  document.getElementById("foot").append(el("p", null, `Made ${data.made} by sdg_ray with `, el("code", null, data.command), ". Everything is in this file; it loads nothing."));
  const here = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach(({ target }) => links.forEach((link) => {
    const mine = link.getAttribute("href") === `#${target.id}`;
    if (mine) link.setAttribute("aria-current", "true"), link.parentNode.scrollTo({ left: link.offsetLeft - 80 });
    else link.removeAttribute("aria-current");
  })), { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("main > section").forEach((each) => here.observe(each));
  const asked = document.getElementById(location.hash.slice(1)); // it was not there when the browser looked for it
  if (asked) asked.scrollIntoView({ behavior: "instant" });
}

put();
