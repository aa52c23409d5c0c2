// The records drawn: searched, filtered and sorted on the left, read on the right.

const PAGE = 150; // records put into the list at a time

const numbersOf = (record, scorer) => record.candidates.map((each) => each.scores[scorer]).filter((value) => typeof value === "number");
const highest = (values) => (values.length ? Math.max(...values) : -Infinity);
const lowest = (values) => (values.length ? Math.min(...values) : Infinity);
const longest = (record) => highest(record.candidates.map((each) => each.tokens || 0));
const SORTS = {
  "as drawn": () => 0,
  "highest score first": (a, b, s) => highest(numbersOf(b, s)) - highest(numbersOf(a, s)),
  "lowest score first": (a, b, s) => lowest(numbersOf(a, s)) - lowest(numbersOf(b, s)),
  "widest range of scores first": (a, b, s) => range(numbersOf(b, s)) - range(numbersOf(a, s)),
  "largest margin first": (a, b) => highest(b.pairs.map((pair) => pair.margin)) - highest(a.pairs.map((pair) => pair.margin)),
  "longest answer first": (a, b) => longest(b) - longest(a),
};
const range = (values) => (values.length ? highest(values) - lowest(values) : -1);

function everyText(record) { // what the search looks in, made when it is first looked in
  record.found ??= [record.id, record.family, record.reference, record.error, ...record.prompt.map((each) => each.content),
    ...record.candidates.flatMap((each) => [each.model, each.reason, each.error, ...each.turns.map((one) => one.content)])]
    .filter(Boolean).join("\n").toLowerCase();
  return record.found;
}

function excerpt(record) {
  const asked = record.prompt.filter((each) => each.role === "user").at(-1) || record.prompt.at(-1);
  const body = asked ? (asked.content || "").replace(/\s+/g, " ").trim() : record.error || "no prompt";
  return body.length > 110 ? `${body.slice(0, 110)}…` : body || "(empty)";
}

function recordsSection() {
  const records = data.records;
  if (!records.length) return null;
  const scorers = [...new Set(records.flatMap((each) => each.candidates.flatMap((one) => Object.keys(one.scores))))];
  const start = scorers.includes("reward") ? "reward" : scorers[0];
  const choice = (name, options, all) => el("label", null, el("span", null, name), el("select", null,
    all && el("option", { value: "" }, all), options.map((each) => el("option", { value: each, selected: each === start }, label(each)))));
  const controls = {
    search: el("label", { class: "search" }, el("span", null, "Search"), el("input", { type: "search", placeholder: "text, model or id" })),
    family: choice("Family", [...new Set(records.map((each) => each.family))].sort(), "all"),
    outcome: choice("Outcome", [...new Set(records.map((each) => each.outcome))], "all"),
    scorer: scorers.length ? choice("Score", scorers) : null,
    least: scorers.length ? el("label", { class: "number" }, el("span", null, "from"), el("input", { type: "number", step: "any", inputmode: "decimal" })) : null,
    most: scorers.length ? el("label", { class: "number" }, el("span", null, "to"), el("input", { type: "number", step: "any", inputmode: "decimal" })) : null,
    order: choice("Sort", Object.keys(SORTS)),
  };
  const value = (name) => (controls[name] ? controls[name].lastChild.value : "");
  const status = el("p", { class: "status", role: "status" });
  const box = el("ul", { class: "list", role: "listbox", tabindex: 0, "aria-label": "Records" });
  const reader = el("div", { class: "reader", tabindex: 0, role: "region", "aria-label": "The record chosen" });
  let found = [];
  let at = 0;
  let put = 0;

  const option = (record, place) => el("li", { role: "option", id: `record-${place}`, "aria-selected": "false", onclick: () => choose(place) },
    el("span", { class: "excerpt", dir: "auto" }, ...shown(excerpt(record))),
    el("span", { class: "meta" }, el("span", null, label(record.family)), el("span", { class: `badge ${record.outcome.replace(" ", "-")}` }, record.outcome),
      el("span", { class: "best" }, scorers.length && numbersOf(record, value("scorer")).length ? num(highest(numbersOf(record, value("scorer")))) : "")));
  const more = () => {
    box.append(...found.slice(put, put + PAGE).map((record, k) => option(record, put + k)));
    put = Math.min(found.length, put + PAGE);
  };
  const choose = (place) => {
    if (!found.length) return reader.replaceChildren(el("p", { class: "note" }, "No record is like that."));
    at = Math.min(Math.max(place, 0), found.length - 1);
    while (at >= put) more();
    for (const each of box.querySelectorAll("[aria-selected=true]")) each.setAttribute("aria-selected", "false");
    const item = box.children[at];
    item.setAttribute("aria-selected", "true");
    box.setAttribute("aria-activedescendant", item.id);
    if (item.offsetTop < box.scrollTop) box.scrollTop = item.offsetTop - 8;
    const below = item.offsetTop + item.offsetHeight - box.clientHeight;
    if (below > box.scrollTop) box.scrollTop = below + 8;
    reader.replaceChildren(...[recordView(found[at])].flat(Infinity).filter(Boolean));
    reader.scrollTop = 0;
  };
  const look = () => {
    const [asked, scorer, order] = [value("search").toLowerCase().trim(), value("scorer"), SORTS[value("order")]];
    const [least, most] = [value("least"), value("most")].map((each) => (each === "" ? null : Number(each)));
    const scored = (record) => (least === null && most === null) ||
      numbersOf(record, scorer).some((each) => (least === null || each >= least) && (most === null || each <= most));
    found = records.filter((each) => (!value("family") || each.family === value("family")) && (!value("outcome") || each.outcome === value("outcome"))
      && scored(each) && (!asked || everyText(each).includes(asked)));
    if (value("order") !== "as drawn") found.sort((a, b) => order(a, b, scorer) || 0);
    status.textContent = `${n(found.length)} of ${n(records.length)} records`;
    put = 0;
    box.replaceChildren();
    more();
    choose(0);
  };
  box.addEventListener("scroll", () => box.scrollTop + box.clientHeight > box.scrollHeight - 200 && put < found.length && more());
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(at + step);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "/") event.preventDefault(), controls.search.lastChild.focus();
    if (event.key === "j" || event.key === "k") {
      const top = browser.getBoundingClientRect().top;
      if (top > innerHeight * 0.8 || top < -browser.offsetHeight * 0.6) browser.scrollIntoView();
      choose(at + (event.key === "j" ? 1 : -1));
    }
  });
  for (const each of Object.values(controls)) if (each) each.lastChild.addEventListener("input", look);
  const browser = el("div", { class: "browser" }, box, reader);
  look();
  const planned = first.funnel[0].prompts;
  return {
    id: "records", title: "Records",
    says: records.length < planned ? `${n(records.length)} of the run's ${n(planned)} prompts, drawn evenly over families and outcomes.` : `All ${plural(records.length, "prompt")} of the run.`,
    body: [el("p", { class: "note keys" }, "Keys: ", el("kbd", null, "j"), " next, ", el("kbd", null, "k"), " previous, ", el("kbd", null, "/"), " search."),
      el("div", { class: "controls", role: "search" }, Object.values(controls)), status, browser],
  };
}
