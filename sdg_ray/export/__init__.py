"""Hand a run over: SFT and preference sets in the shape that a training stack reads, split, compacted, with a card.

    export(Wanted(format="trl", to="out/demo"), reopen("runs", "demo"), command="python jobs/export.py ...")

Two passes over the run, shard by shard: the first looks at ids, sources and scores and plans (`plan.py`), the second
reads texts and writes (`files.py`). A format is one file in `formats/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sdg_ray.errors import Refused
from sdg_ray.export.card import card
from sdg_ray.export.choice import Choice
from sdg_ray.export.figures import Figures
from sdg_ray.export.files import Files
from sdg_ray.export.plan import Plan, planned
from sdg_ray.export.reading import Reading
from sdg_ray.export.target import CARD, target
from sdg_ray.export.wanted import Wanted
from sdg_ray.export.writing import Writing
from sdg_ray.store import Store

NEEDS = {"sft": "keep", "preference": "pairs"}


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What came of an export."""

    figures: Figures
    plan: Plan
    files: int


def export(wanted: Wanted, store: Store, command: str) -> Exported:
    """Write the sets and their card.

    Raises:
        Refused: the target is not empty, the run is not finished, or there is nothing in it to export.
    """
    wanted.check()
    place = target(wanted.to)
    place.check()
    reading = Reading(store)
    _check_finished(reading, wanted)
    choice = Choice(sft=wanted.sft, by=_by(reading, wanted), rpo=wanted.rpo)
    kinds = _kinds(reading, wanted)
    plan = planned(reading.rows(choice.columns(kinds)), choice, kinds, wanted.validation, wanted.balance)
    _check_something(plan, kinds, wanted, store.run)
    with place.workshop() as folder:
        figures = _write(folder, wanted, reading, choice, kinds, plan)
        if not figures.rows:
            reasons = ", ".join(f"{count} {reason}" for reason, count in (+figures.left_out).items())
            raise Refused(
                f"format={wanted.format} can say nothing of run {store.run!r}: {reasons}; choose another format"
            )
        files = sum(path.is_file() for path in folder.rglob("*"))
        (folder / CARD).write_text(card(wanted, reading, store.about(), figures, command), encoding="utf-8")
        place.put(folder)
    return Exported(figures=figures, plan=plan, files=files)


def _write(folder: Path, wanted: Wanted, reading: Reading, choice: Choice, kinds: Sequence[str], plan: Plan) -> Figures:
    """The second pass."""
    form = wanted.form
    with Files(folder, form.files, wanted.file_mb * 2**20) as files:
        writing = Writing(form=form, files=files, choice=choice, kinds=kinds, plan=plan)
        for row in reading.rows(choice.columns_with_texts(kinds)):
            writing.write(row)
    return writing.figures


def _kinds(reading: Reading, wanted: Wanted) -> list[str]:
    """The kinds of sets that are asked for and that the run can fill."""
    asked = wanted.kinds
    there = [kind for kind in asked if NEEDS[kind] in reading.made_by]
    if not there:
        steps = " or ".join({"sft": "a selection", "preference": "pairs"}[kind] for kind in asked)
        other = "; sets=sft exports its answers" if "sft" not in asked and "keep" in reading.made_by else ""
        raise Refused(
            f"run {reading.store.run!r} has no step that makes {steps}, so there is no "
            f"{' or '.join(asked)} set of it{other}"
        )
    return there


def _by(reading: Reading, wanted: Wanted) -> str | None:
    """The scorer that is asked for, else `reward` where the run has it."""
    there = reading.scores
    if wanted.by and wanted.by not in there:
        raise Refused(f"by={wanted.by} has not scored run {reading.store.run!r}; {', '.join(there) or 'nobody'} has")
    by = wanted.by or ("reward" if "reward" in there else None)
    if wanted.rpo and by is None:
        raise Refused(f"rpo=true needs rewards: name their scorer with by=...; there are {', '.join(there) or 'none'}")
    return by


def _check_finished(reading: Reading, wanted: Wanted) -> None:
    if reading.finished < reading.begun and not wanted.partial:
        raise Refused(
            f"run {reading.store.run!r} is not finished: {reading.finished} of {reading.begun} shards have been "
            "through every step; let jobs/generate.py finish it, or export what is there with partial=true"
        )


def _check_something(plan: Plan, kinds: Sequence[str], wanted: Wanted, run: str) -> None:
    if any(plan.taken[kind] for kind in kinds):
        return
    what = " and ".join({"sft": "no kept answer", "preference": "no pair"}[kind] for kind in kinds)
    why = f" ({plan.unrewarded} lack a reward)" if plan.unrewarded else ""
    raise Refused(f"run {run!r} has nothing to export: {what}{why}; look at it with jobs/look.py run={run}")
