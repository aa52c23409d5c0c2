"""The second pass over a run: picks become examples, and each example a row in every set of its kind.

writing = Writing(form=FORMATS["trl"], files=files, choice=choice, kinds=["preference"], plan=plan)
writing.write(row)
writing.figures.rows["preference", "train"]    1
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.export.choice import Choice
from sdg_ray.export.example import Demonstration, Preference
from sdg_ray.export.figures import Figures
from sdg_ray.export.files import Files
from sdg_ray.export.formats.format import Format
from sdg_ray.export.plan import Plan

Row = Mapping[str, Any]


@dataclass(kw_only=True)
class Writing:
    """Writes rows in the order of the run, and counts them."""

    form: Format
    files: Files
    choice: Choice
    kinds: Sequence[str]
    plan: Plan
    figures: Figures = field(default_factory=Figures)

    def __post_init__(self) -> None:
        self.figures.left_out["lacks a reward"] = self.plan.unrewarded

    def write(self, row: Row) -> None:
        """All that there is to export of one prompt."""
        examples = list(self._examples(row))
        if not examples:
            return
        self.figures.prompt(row)
        split = "validation" if self.plan.validates(row) else "train"
        for kind, example in examples:
            self.figures.example(example)
            self._to_sets(kind, example, split, row["family"])

    def _examples(self, row: Row) -> Iterator[tuple[str, Demonstration | Preference]]:
        for kind in self.kinds:
            for number, pick in enumerate(self.choice.picks(kind, row)):
                if self.plan.admits(kind, row, number):
                    yield kind, self.choice.example(kind, row, pick)
                else:
                    self.figures.left_out["more than balance allows"] += 1

    def _to_sets(self, kind: str, example: Demonstration | Preference, split: str, family: str) -> None:
        for name, shape in self.form.sets.items():
            if shape.kind != kind:
                continue
            if (made := shape.row(example)) is None:
                self.figures.left_out[f"cannot be said in the set {name}"] += 1
            else:
                self.files.add(name, split, made, shape.schema)
                self.figures.row(name, split, family)
