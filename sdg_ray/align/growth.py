"""What came of the rounds: each student beside its teacher, on the same held-out questions.

round   base                    answers   kept   pairs               right   distinct-2
    0   (pocket/instruct_early)                         0.332 (0.30-0.37)   0.256 (0.24-0.27)
    1   pocket/base              12,032    29%     933   0.351 (0.31-0.39)   0.221 (0.21-0.24)
"""

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from sdg_ray.align.rounds import Round, Rounds
from sdg_ray.evaluate import Figure, figures
from sdg_ray.report.tally import Tally
from sdg_ray.store import reopen


def growth(rounds: Rounds, number: int, to: Path) -> Table:
    """One line for the first teacher, and one for the student of each round."""
    table = Table(title=f"{to}: teacher and students", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("round", "base", "answers", "kept", "pairs", *rounds.shown):
        table.add_column(name, justify="left" if name == "base" else "right", no_wrap=True)
    table.add_row("0", f"({rounds.teacher})", "", "", "", *_measured(to / "round-0", rounds.shown))
    for each in (Round(all=rounds, number=i, to=to) for i in range(1, number + 1)):
        table.add_row(str(each.number), each.base, *_made(each), *_measured(each.folder, rounds.shown))
    return table


def _made(one: Round) -> list[str]:
    """The answers of a round's teacher, the share that was kept, and the pairs."""
    store = reopen(str(one.runs), one.folder.name)
    tally = Tally(store=store, steps=list(store.homes))
    tally.update()
    answers = tally.total("answers")
    return [f"{answers:,}", f"{tally.total('kept') / max(1, answers):.0%}", f"{tally.total('pairs'):,}"]


def _measured(folder: Path, shown: Sequence[str]) -> list[str]:
    """The figures that are shown, of those that an evaluation has."""
    found = {figure.name: figure for figure in figures(folder / "evaluation")}
    return [_cell(found[name]) if name in found else "" for name in shown]


def _cell(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.2f}-{figure.high:.2f})"
