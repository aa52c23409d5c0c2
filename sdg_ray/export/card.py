"""The dataset card: README.md, whose front matter tells `datasets.load_dataset` where the splits are.

It holds counts and settings, and nothing that a model wrote: what comes from data (a licence, a model's name) is cut
and escaped, for a card is shown as HTML.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdg_ray.export.figures import SAMPLE, Figures
from sdg_ray.export.reading import Reading
from sdg_ray.export.settings import models, thresholds
from sdg_ray.export.wanted import Wanted
from sdg_ray.recipe import FIRST, UNIQUE
from sdg_ray.report.tally import Tally

LONGEST = 160  # characters of a cell
SPLITS = ("train", "validation")


def card(wanted: Wanted, reading: Reading, about: Mapping[str, Any], figures: Figures, command: str) -> str:
    """The whole file. `about` is the run's run.json, and `command` what was typed to export it."""
    run, title = reading.store.run, wanted.form.title
    sets = [of for of in wanted.form.sets if any(figures.rows[of, split] for split in SPLITS)]
    finished = "" if reading.finished == reading.begun else f", of which {reading.finished} were finished"
    parts = [
        _front(wanted, figures, run, sets),
        f"# {_cell(run)}\n\nSynthetic data in the format of {title}, made from run `{_cell(run)}` of sdg_ray: "
        f"{reading.begun} shards{finished}.",
        _section("Rows", _table(("set", "split", "rows"), _rows(figures, sets))),
        _section("Families", _table(("family", *sets, f"distinct-2 of {SAMPLE}"), _families(figures, sets))),
        _section("From plan to pairs", _table(("", "count"), _funnel(reading))),
        _section("Models", _table(("step", "model"), models(about)), _shares(figures)),
        _section("Pairs", _pairs(figures)),
        _section("Thresholds", _table(("step", "setting"), thresholds(about))),
        _section("Licences of what prompts start from", _table(("licence", "prompts"), figures.licences.most_common())),
        _section("Left out of this export", _table(("reason", "examples"), (+figures.left_out).most_common())),
        _section("How it was made", _made(about, run, command, wanted)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(wanted: Wanted, figures: Figures, run: str, sets: Sequence[str]) -> str:
    """The YAML; a JSON string is one of YAML, whatever is in it."""
    suffix, licence = wanted.form.files, _licence(figures.licences)
    lines = ["---", f"license: {json.dumps(licence)}", f"pretty_name: {json.dumps(run)}", "tags:", "- synthetic"]
    lines.append("configs:")
    for number, of in enumerate(sets):
        lines.append(f"- config_name: {of}")
        lines += ["  default: true"] if number == 0 else []
        lines.append("  data_files:")
        for split in SPLITS:
            if figures.rows[of, split]:
                lines += [f"  - split: {split}", f"    path: {of}/{split}-*.{suffix}"]
    return "\n".join([*lines, "---"])


def _licence(licences: Counter[str]) -> str:
    """The one licence that all prompts have, as the hub spells it; else `other`, and the table says which."""
    only = next(iter(licences)).lower() if len(licences) == 1 else "unknown"
    return only if only != "unknown" and re.fullmatch(r"[a-z0-9.-]{1,40}", only) else "other"


def _rows(figures: Figures, sets: Sequence[str]) -> list[tuple[str, str, int]]:
    return [(of, split, figures.rows[of, split]) for of in sets for split in SPLITS]


def _families(figures: Figures, sets: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for family in sorted(figures.samples):
        varied = figures.distinct_2(family)
        yield family, *(figures.families[of, family] for of in sets), "" if varied is None else f"{varied:.0%}"


def _funnel(reading: Reading) -> list[tuple[str, int]]:
    tally = Tally(store=reading.store, steps=reading.steps)
    tally.update()
    planned = tally.sum(FIRST, "rows")
    prompts = planned - tally.reasons_of(FIRST, "errors").total()
    rows = [("planned", planned), ("prompts", prompts)]
    if UNIQUE in reading.steps:
        rows.append(("unique prompts", prompts - tally.marked().total()))
    counts = (("answers", "answers"), ("kept answers", "kept"), ("pairs", "pairs"))
    return [*rows, *((name, tally.total(count)) for name, count in counts)]


def _shares(figures: Figures) -> str:
    """Who answered what is imitated, and who wins and loses."""
    names = sorted({*figures.answered, *figures.chosen, *figures.rejected})
    sides = {"imitated": figures.answered, "chosen": figures.chosen, "rejected": figures.rejected}
    sides = {side: counted for side, counted in sides.items() if counted}
    rows = [(name, *(f"{counted[name] / counted.total():.1%}" for counted in sides.values())) for name in names]
    return _table(("model that answered", *sides), rows)


def _pairs(figures: Figures) -> str:
    if figures.length_gap is None:
        return ""
    decided = _table(("decided by", "pairs"), figures.decided.most_common())
    than = f"{abs(figures.length_gap):.1f} tokens {'shorter' if figures.length_gap < 0 else 'longer'}"
    return f"{decided}\n\nChosen answers are {than} than rejected ones, in the mean."


def _made(about: Mapping[str, Any], run: str, command: str, wanted: Wanted) -> str:
    made = about.get("command") or f"python jobs/generate.py run={run} ...    # run.json has its recipe, field by field"
    versions = ", ".join(f"{_cell(name)} {_cell(version)}" for name, version in about.get("versions", {}).items())
    split = f"Validation is {wanted.validation:.1%} of the groups of prompts that have a text or a source in common."
    return f"```\n{_fenced(made)}\n{_fenced(command)}\n```\n\n{split}\n\nMade with {versions}."


def _section(title: str, *bodies: str) -> str:
    there = [body for body in bodies if body]
    return "\n\n".join([f"## {title}", *there]) if there else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [[f"{cell:,}" if isinstance(cell, int) else _cell(str(cell)) for cell in row] for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


def _cell(text: str) -> str:
    """`text` as one short cell of a table that can neither end it nor be markup."""
    short = " ".join(text.split())
    short = short if len(short) <= LONGEST else short[: LONGEST - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("`", "'")


def _fenced(text: str) -> str:
    return " ".join(text.split()).replace("```", "'''")
