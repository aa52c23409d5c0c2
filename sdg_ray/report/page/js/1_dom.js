// Elements, numbers and texts. Whatever a model wrote reaches the page as a text node, here and nowhere else.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "width%") node.style.width = `${value}%`;
    else if (name === "tint") node.style.setProperty("--tint", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}

const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);
const svg = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const NONE = "–";
const n = (value) => (value === null || value === undefined ? NONE : whole.format(value));
const share = (part, of) => (of ? part / of : null);
const plural = (count, one, many) => `${n(count)} ${count === 1 ? one : many || one + "s"}`;

function pct(value) {
  if (value === null || value === undefined) return NONE;
  const digits = value > 0 && value < 0.0995 || value > 0.9905 && value < 1 ? 1 : 0;
  return `${(100 * value).toFixed(digits)}%`;
}

function num(value, digits = 2) {
  if (value === null || value === undefined) return NONE;
  const body = Math.abs(value) >= 1000 ? n(value) : value.toFixed(digits);
  return body.replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

function short(value) { // a tick of an axis: no more digits than it needs
  const text = Math.abs(value) >= 10000 ? `${+(value / 1000).toFixed(1)}k` : `${+value.toFixed(4)}`;
  return text.replace("-", "−");
}

function seconds(value) {
  if (value < 10) return `${value.toFixed(value < 1 ? 2 : 1)} s`;
  if (value < 120) return `${value.toFixed(0)} s`;
  return value < 7200 ? `${(value / 60).toFixed(value < 600 ? 1 : 0)} min` : `${(value / 3600).toFixed(1)} h`;
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
const label = (name) => name.replaceAll("_", " ").replace("/", " · ");

// Characters that are not seen but change how others are: direction marks, control characters, zero-width joints.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

function shown(text) { // pieces for `el`: the text, with hidden characters by their numbers
  const pieces = [];
  let at = 0;
  for (const found of text.matchAll(HIDDEN)) {
    pieces.push(text.slice(at, found.index));
    const code = `U+${found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    pieces.push(el("span", { class: "hidden-char", title: "a character that is not seen" }, code));
    at = found.index + 1;
  }
  return [...pieces, text.slice(at)];
}

const LONG = 1600;

function said(text) { // a model's text: cut where it is long, whole on request
  const body = el("div", { class: "said", dir: "auto" });
  const put = (part) => body.replaceChildren(...shown(part));
  if (text.length <= LONG * 1.25) return put(text), body;
  put(`${text.slice(0, LONG)} …`);
  const more = el("button", { class: "link", type: "button", onclick: () => (put(text), more.remove()) },
    `Show all ${n(text.length)} characters`);
  return el("div", null, body, more);
}

const key = (...items) => el("p", { class: "key" }, items.filter(Boolean).map(([kind, words]) => // what colours and lines mean
  el("span", null, kind && el("i", { class: kind }), words)));

const classes = (column, at) => [column.left || !at ? "left" : "", column.bar ? "bars" : "", column.less ? "less" : ""].join(" ").trim() || null;

function together(rows, at) { // rows of two runs about the same thing stand close together
  const same = (other) => other && rows[at].group !== undefined && other.group === rows[at].group;
  return [same(rows[at + 1]) && "more-follows", same(rows[at - 1]) && "follows"].filter(Boolean).join(" ") || null;
}

// Columns are {name, of: row => cell}, and perhaps title, left (its side), bar, or less: it goes where there is no room.
function table(columns, rows, caption) {
  const head = columns.map((each, at) => el("th", { scope: "col", class: classes(each, at), title: each.title }, each.name));
  const line = (row) => columns.map((each, at) =>
    el(at ? "td" : "th", { scope: at ? null : "row", class: classes(each, at) }, each.of(row)));
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    el("table", null, el("caption", { class: "unseen" }, caption),
      el("thead", null, el("tr", null, head)),
      el("tbody", null, rows.map((row, at) => el("tr", { class: together(rows, at) }, line(row))))));
}

const bar = (value, of, kind = "a") =>
  el("span", { class: "bar", "aria-hidden": "true" }, el("span", { class: kind, "width%": of ? (100 * value) / of : 0 }));

function later(summary, make) { // what is made only when it is opened
  const box = el("details", { class: "later" }, el("summary", null, summary));
  box.addEventListener("toggle", () => box.open && box.children.length === 1 && box.append(make()));
  return box;
}
