// Charts as SVG, drawn in the width there is and again when that changes. Colours come from the stylesheet by class.

function chart(height, says, draw) { // draw(width) -> svg children
  const root = svg("svg", { role: "img", "aria-label": says, class: "chart", height });
  const host = el("div", { class: "chart-box" }, root);
  let last = 0;
  new ResizeObserver(([seen]) => {
    const width = Math.round(seen.contentRect.width);
    if (!width || width === last) return;
    last = width;
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    root.replaceChildren(...draw(width).flat(Infinity).filter(Boolean));
  }).observe(host);
  return host;
}

function ticks(low, high, about) { // round numbers from low to high
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / about));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => span / each <= about) || power * 10;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) found.push(+(at * step).toPrecision(12));
  return found;
}

const text = (x, y, words, props) => svg("text", { x, y, ...props }, words);
const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });
const path = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function bottom(x, low, high, box, about) { // the horizontal axis
  return [line(box.left, box.floor, box.right, box.floor, "axis"), ticks(low, high, about).map((at) => [
    line(x(at), box.floor, x(at), box.floor + 4, "axis"),
    text(x(at), box.floor + 16, short(at), { class: "tick", "text-anchor": "middle" })])];
}

function side(y, marks, box, words) { // the vertical axis: grid lines and their values
  return marks.map((at) => [line(box.left, y(at), box.right, y(at), "grid"),
    text(box.left - 6, y(at) + 4, words(at), { class: "tick", "text-anchor": "end" })]);
}

// Bars over edges. Of two series the first is filled and the second an outline, both as shares of their own.
function histogram({ edges, series, height = 150, mark, unit = "answers", says }) {
  const compared = series.length > 1 && series.every((each) => each.compared);
  const sums = series.map((each) => each.counts.reduce((a, b) => a + b, 0));
  const value = (k, at) => (compared ? share(series[k].counts[at], sums[k]) || 0 : series[k].counts[at]);
  const most = Math.max(1e-9, ...series.flatMap((each, k) => each.counts.map((_, at) => value(k, at))));
  return chart(height, says, (width) => {
    const box = { left: 36, right: width - 6, top: 10, floor: height - 24 };
    const [low, high] = [edges[0], edges.at(-1)];
    const x = (at) => box.left + ((at - low) / (high - low || 1)) * (box.right - box.left);
    const y = (at) => box.floor - (at / most) * (box.floor - box.top);
    const bars = (each, k) => each.counts.map((count, at) => count > 0 && svg("rect", {
      x: (x(edges[at]) + 0.5).toFixed(1), width: Math.max(0.8, x(edges[at + 1]) - x(edges[at]) - 1).toFixed(1),
      y: y(value(k, at)).toFixed(1), height: Math.max(0.5, box.floor - y(value(k, at))).toFixed(1), class: each.kind,
    }, svg("title", null, `${short(edges[at])} to ${short(edges[at + 1])}: ${n(count)} ${each.label || unit}`)));
    const outline = (each, k) => {
      const points = each.counts.flatMap((_, at) => [[x(edges[at]), y(value(k, at))], [x(edges[at + 1]), y(value(k, at))]]);
      return svg("path", { d: path([[x(low), box.floor], ...points, [x(high), box.floor]]), class: `outline ${each.kind}` });
    };
    const marks = ticks(0, most, 3).filter((at) => at > 0 && (compared || Number.isInteger(at)));
    return [side(y, marks, box, (at) => (compared ? `${short(100 * at)}%` : short(at))),
      series.map((each, k) => (compared && k ? outline(each, k) : bars(each, k))),
      mark !== null && mark !== undefined && mark >= low && mark <= high &&
        [line(x(mark), box.top - 4, x(mark), box.floor, "mark"),
          svg("title", null, `threshold ${short(mark)}`)],
      bottom(x, low, high, box, Math.max(3, width / 70))];
  });
}

// How many answers lie where, with the median of each column as a line.
function field({ x: across, y: up, counts, medians }, names, height = 300) {
  const most = Math.max(1, ...counts.flat());
  const says = `${names.y} against ${names.x}; the line is the median`;
  return chart(height, says, (width) => {
    const box = { left: 44, right: width - 8, top: 10, floor: height - 42 };
    const x = (at) => box.left + ((at - across[0]) / (across.at(-1) - across[0])) * (box.right - box.left);
    const y = (at) => box.floor - ((at - up[0]) / (up.at(-1) - up[0])) * (box.floor - box.top);
    const cells = counts.flatMap((column, i) => column.map((count, j) => count > 0 && svg("rect", {
      x: x(across[i]).toFixed(1), width: Math.max(0.6, x(across[i + 1]) - x(across[i]) - 0.6).toFixed(1),
      y: y(up[j + 1]).toFixed(1), height: Math.max(0.6, y(up[j]) - y(up[j + 1]) - 0.6).toFixed(1),
      class: "cell", "fill-opacity": (0.08 + 0.92 * Math.sqrt(count / most)).toFixed(2),
    }, svg("title", null, `${n(count)}: ${names.x} from ${short(across[i])}, ${names.y} from ${short(up[j])}`))));
    const middle = medians.map((at, i) => at === null ? "" :
      `${i && medians[i - 1] !== null ? "L" : "M"}${x((across[i] + across[i + 1]) / 2).toFixed(1)} ${y(at).toFixed(1)}`).join("");
    return [side(y, ticks(up[0], up.at(-1), 5), box, short), cells,
      svg("path", { d: middle, class: "median" }),
      bottom(x, across[0], across.at(-1), box, Math.max(3, width / 80)),
      text((box.left + box.right) / 2, height - 6, names.x, { class: "name", "text-anchor": "middle" })];
  });
}

// Precision and the share kept against the threshold; one colour for each run, a band for what is not sure.
function curve(series, used, height = 320) {
  const all = series.flatMap((each) => each.points);
  const [low, high] = [Math.min(...all.map((p) => p.at)), Math.max(...all.map((p) => p.at))];
  const floor = Math.min(...all.flatMap((p) => [p.sure[0], p.kept])) > 0.5 ? 0.4 : 0;
  const says = "Precision of the answers kept, and the share kept, against the threshold on the score";
  return chart(height, says, (width) => {
    const box = { left: 44, right: width - 12, top: 12, floor: height - 42 };
    const x = (at) => box.left + ((at - low) / (high - low || 1)) * (box.right - box.left);
    const y = (at) => box.floor - ((at - floor) / (1 - floor)) * (box.floor - box.top);
    const of = ({ points, kind }) => {
      const upper = points.map((p) => [x(p.at), y(p.sure[1])]);
      const lower = points.map((p) => [x(p.at), y(p.sure[0])]).reverse();
      return [svg("path", { d: `${path([...upper, ...lower])}Z`, class: `band ${kind}` }),
        svg("path", { d: path(points.map((p) => [x(p.at), y(p.kept)])), class: `trace thin ${kind}` }),
        svg("path", { d: path(points.map((p) => [x(p.at), y(p.precision)])), class: `trace ${kind}` }),
        points.map((p) => svg("circle", { cx: x(p.at).toFixed(1), cy: y(p.precision).toFixed(1), r: 5, class: "touch" },
          svg("title", null, `from ${short(p.at)}: ${pct(p.precision)} right, ${pct(p.kept)} kept (${n(p.n)})`)))];
    };
    return [side(y, ticks(floor, 1, 5), box, pct), series.map(of),
      used !== null && used !== undefined && used >= low && used <= high && [line(x(used), box.top, x(used), box.floor, "mark"),
        text(x(used) + 6, box.floor - 8, `set to ${short(used)}`, { class: "tick" })],
      bottom(x, low, high, box, Math.max(3, width / 80)),
      text((box.left + box.right) / 2, height - 6, "threshold on the score", { class: "name", "text-anchor": "middle" })];
  });
}

// A square of numbers with their colour behind them: a table, so that it can be read aloud.
function square(names, rows, columns, cells, caption, upright) { // cells(i, j) -> {text, tint, side} or null
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    el("table", { class: `square ${upright ? "" : "level"}` }, el("caption", { class: "unseen" }, caption),
      el("thead", null, el("tr", null, el("td"), columns.map((j) => el("th", { scope: "col" }, el("span", null, names[j]))))),
      el("tbody", null, rows.map((i) => el("tr", null, el("th", { scope: "row", class: "left" }, names[i]), columns.map((j) => {
        const cell = cells(i, j);
        return cell ? el("td", { class: cell.side, tint: `${Math.round(cell.tint * 100)}%` }, cell.text) : el("td");
      }))))));
}
