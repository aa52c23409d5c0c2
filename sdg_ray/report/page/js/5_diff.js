// What two texts do not share, word by word: the longest common subsequence of their words.

const ROOM = 4_000_000; // cells of the table that finds it
const words = (body) => body.match(/^\s+|\S+\s*/gu) || [];
const lines = (body) => body.match(/[^\n]*\n|[^\n]+$/gu) || [];

function shared(one, other) { // for each piece of both, whether the other text has it too, in the same order
  const same = (i, j) => one[i].trim() === other[j].trim();
  let head = 0;
  let tail = 0;
  const shortest = Math.min(one.length, other.length);
  while (head < shortest && same(head, head)) head++;
  while (tail < shortest - head && same(one.length - 1 - tail, other.length - 1 - tail)) tail++;
  const [rows, columns] = [one.length - head - tail, other.length - head - tail];
  if (rows * columns > ROOM) return null;
  const width = columns + 1;
  const best = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      best[i * width + j] = same(head + i, head + j) ? best[(i + 1) * width + j + 1] + 1
        : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    }
  }
  const found = [one.map((_, at) => at < head || at >= one.length - tail), other.map((_, at) => at < head || at >= other.length - tail)];
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (same(head + i, head + j)) found[0][head + i++] = found[1][head + j++] = true;
    else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i++;
    else j++;
  }
  return found;
}

function marked(pieces, common, kind) { // neighbouring pieces of a sort as one element
  const found = [];
  for (let at = 0; at < pieces.length;) {
    let end = at + 1;
    while (end < pieces.length && common[end] === common[at]) end++;
    const [, before, core, after] = pieces.slice(at, end).join("").match(/^(\s*)([^]*?)(\s*)$/u);
    found.push(before, common[at] || !core ? shown(core) : el("mark", { class: kind }, shown(core)), after);
    at = end;
  }
  return found;
}

function differences(chosen, rejected) { // both texts as pieces for `el`, what is not shared marked
  for (const split of [words, lines]) {
    const [one, other] = [split(chosen), split(rejected)];
    const found = shared(one, other);
    if (found) return [marked(one, found[0], "a"), marked(other, found[1], "b")];
  }
  return [shown(chosen), shown(rejected)];
}
