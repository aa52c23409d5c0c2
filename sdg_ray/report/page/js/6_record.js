// One record: its prompt, a pair side by side, and every candidate with its scores, their parts and its fate.

const scale = Object.fromEntries(first.attributes.map((each) => [each.name, [each.edges[0], each.edges.at(-1)]]));

function plain(value) { // a part of a score, whatever it is
  if (value === null || value === undefined) return "not told";
  if (typeof value === "number") return Number.isInteger(value) ? n(value) : num(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return shown(value);
  if (Array.isArray(value)) return el("ul", null, value.map((each) => el("li", null, plain(each))));
  return Object.entries(value).map(([name, each], at) => [at ? ", " : "", `${label(name)} `, plain(each)]);
}

function measure(name, value, title, strong) { // a line of the list of scores
  const [low, high] = scale[name] || [0, 0];
  const ranged = typeof value === "number" && high > low;
  return [el("dt", { class: strong ? "strong" : null }, title), el("dd", { class: strong ? "strong" : null },
    el("span", { class: "value" }, strong && value === null ? "not told" : plain(value)),
    ranged && bar(Math.min(Math.max(value - low, high * 0.001), high - low), high - low, strong ? "a" : "pale"))];
}

function scoresOf(candidate) {
  const names = Object.keys({ ...candidate.scores, ...candidate.parts });
  if (!names.length) return null;
  return el("dl", { class: "scores" }, names.map((name) => {
    const parts = candidate.parts[name];
    const inner = parts && typeof parts === "object" && !Array.isArray(parts)
      ? Object.entries(parts).map(([part, value]) => measure(`${name}/${part}`, value, label(part)))
      : parts ? measure("", parts, "parts") : null;
    return [name in candidate.scores && measure(name, candidate.scores[name], label(name), true), inner];
  }));
}

const turn = (message, single) => el("div", { class: `turn ${message.role === "user" ? "user" : ""}` },
  !single && el("span", { class: "role" }, message.role), said(message.content || ""));

function fate(record, candidate, at) {
  const ends = record.pairs.flatMap((pair) => [pair.chosen === at && "chosen", pair.rejected === at && "rejected"]).filter(Boolean);
  return [[...new Set(ends)].map((end) => el("span", { class: `badge ${end}` }, end)),
    candidate.keep === true && !ends.length && el("span", { class: "badge kept" }, "kept"),
    candidate.keep === false && el("span", { class: "badge out" }, ["left out", candidate.reason && `: ${candidate.reason}`]),
    candidate.error && el("span", { class: "badge error" }, "no answer: ", shown(candidate.error))];
}

const wrote = (candidate, at) => el("p", { class: "wrote" }, el("strong", null, `${at + 1}`), ` ${candidate.model || ""}`,
  el("span", null, [plural(candidate.tokens || 0, "token"), candidate.finish && candidate.finish !== "stop" && `ended by ${candidate.finish}`,
    candidate.dialogue && candidate.dialogue.persona && `the user is ${candidate.dialogue.persona}`].filter(Boolean).join(", ")));

function candidateCard(record, candidate, at) {
  return el("article", { class: "candidate", "aria-label": `Candidate ${at + 1}` },
    el("header", null, wrote(candidate, at), el("div", null, fate(record, candidate, at))),
    el("div", null, candidate.turns.map((message) => turn(message, candidate.turns.length === 1))), scoresOf(candidate));
}

function pairView(record, pair) {
  const ends = { chosen: record.candidates[pair.chosen], rejected: record.candidates[pair.rejected] };
  if (!ends.chosen || !ends.rejected) return null;
  const sides = { chosen: [], rejected: [] };
  for (let at = 0; at < Math.max(ends.chosen.turns.length, ends.rejected.turns.length); at++) {
    const [one, other] = [ends.chosen.turns[at], ends.rejected.turns[at]];
    const [left, right] = differences(one ? one.content || "" : "", other ? other.content || "" : "");
    const put = (side, message, pieces) => message && sides[side].push(el("div", { class: `turn ${message.role === "user" ? "user" : ""}` },
      ends[side].turns.length > 1 && el("span", { class: "role" }, message.role), clipped(pieces, (message.content || "").length)));
    put("chosen", one, left);
    put("rejected", other, right);
  }
  const side = (name, at) => el("div", { class: `side ${name}` },
    el("header", null, el("span", { class: `badge ${name}` }, name), wrote(ends[name], at)), sides[name], scoresOf(ends[name]));
  return el("section", { class: "pair", "aria-label": "Pair" },
    el("h4", null, `Pair by ${label(pair.by || "?")}`, el("span", null, `margin ${num(pair.margin)}; marked is what the other answer does not have`)),
    el("div", { class: "sides" }, side("chosen", pair.chosen), side("rejected", pair.rejected)));
}

function clipped(pieces, length) { // a long text behind a button
  const body = el("div", { class: "said", dir: "auto" }, pieces);
  if (length <= LONG * 1.25) return body;
  body.classList.add("clip");
  const more = el("button", { class: "link", type: "button", onclick: () => (body.classList.remove("clip"), more.remove()) },
    `Show all ${n(length)} characters`);
  return el("div", null, body, more);
}

function recordView(record) {
  const from = record.origin || {};
  const facts = [["prompt_id", record.id], ["shard", record.shard], ["source", from.source], ["topic", (from.path || []).join(" › ")],
    ["template", from.template], ["written by", from.model], ["licence", from.licence]].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return [
    el("header", { class: "record-head" }, el("h3", null, label(record.family)), el("span", { class: `badge ${record.outcome.replace(" ", "-")}` }, record.outcome)),
    record.error && el("p", { class: "notice" }, record.outcome === "repeated" ? "Set aside: " : "No prompt: ", shown(record.error)),
    el("div", { class: "prompt" }, record.prompt.map((message) => turn(message, record.prompt.length === 1))),
    record.reference && el("details", { class: "reference", open: record.reference.length < 160 }, el("summary", null, "Reference"), said(record.reference)),
    record.pairs.map((pair) => pairView(record, pair)),
    record.candidates.length ? el("h4", null, plural(record.candidates.length, "candidate")) : null,
    el("div", { class: "candidates" }, record.candidates.map((candidate, at) => candidateCard(record, candidate, at))),
    el("details", { class: "where" }, el("summary", null, "Where it comes from"),
      el("dl", { class: "plain" }, facts.map(([name, value]) => [el("dt", null, name), el("dd", null, shown(String(value)))]))),
  ];
}
