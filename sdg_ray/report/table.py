"""The table at the end of a run: what was planned, what came of it, and how fast."""

from collections.abc import Sequence

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from sdg_ray.recipe import FIRST, UNIQUE
from sdg_ray.report.conservation import UNCOUNTED, Conservation
from sdg_ray.report.tally import Tally, listed


def run_table(law: Conservation, missing: int, broken: Sequence[str] = ()) -> Group:
    """Two tables, one below the other: the way from planned prompts to pairs, and each step's cost.

    `missing` shards are pending, and `broken` says where the law does not hold.
    """
    return Group(_funnel(law, missing, broken), _steps(law.tally))


def error_rows(tally: Tally) -> tuple[int, int]:
    """How many prompts and answers ended as errors, and of how many."""
    errors = sum(tally.reasons("errors").values())
    return errors, tally.sum(FIRST, "rows") + tally.total("answers")


def _funnel(law: Conservation, missing: int, broken: Sequence[str]) -> Table:
    tally, planned = law.tally, law.recipe.prompts.planned
    table = Table(title=f"run {tally.store.run}", box=box.SIMPLE_HEAD, title_justify="left")
    for name, justify in (("", "left"), ("count", "right"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    prompts = tally.sum(FIRST, "rows") - tally.reasons_of(FIRST, "errors").total()
    answers, kept, paired = tally.total("answers"), tally.total("kept"), tally.total("paired_rows")
    table.add_row("planned", f"{planned:,}", f"{missing} shards to go" if missing else "every shard is committed")
    table.add_row("prompts", f"{prompts:,}", _share(prompts, planned, "of planned"))
    if UNIQUE in tally.steps:
        marked = tally.marked()
        prompts -= marked.total()
        table.add_row("unique", f"{prompts:,}", f"left out: {listed(marked)}" if marked else "all of them")
    table.add_row("answered", f"{answers:,}", f"{answers / prompts:.1f} a prompt" if prompts else "")
    if tally.total("dialogues"):
        table.add_row("dialogues", f"{tally.total('dialogues'):,}", _turns(tally))
    for step in tally.steps:
        if scored := tally.sum(step, "scored"):
            failed = f"failed: {listed(tally.unscored(step))}" if tally.unscored(step) else ""
            table.add_row(f"scored by {step}", f"{scored:,}", _joined(_share(scored, answers, "of answers"), failed))
    table.add_row("kept", f"{kept:,}", _joined(_share(kept, answers, "of answers"), _left_out(tally)))
    decided = tally.reasons("pairs_by")
    by = f"by {listed(decided)}" if decided else ""
    table.add_row("pairs", f"{tally.total('pairs'):,}", _joined(_share(paired, prompts, "of prompts"), by))
    reasons = tally.reasons("errors")
    table.add_row("errors", f"{sum(reasons.values()):,}", listed(reasons))
    table.add_row(*_conserved(law, broken), style="red" if broken else None)
    return table


def _conserved(law: Conservation, broken: Sequence[str]) -> tuple[str, str, str]:
    """Whether every planned row is in every step, and what became of them by the last one."""
    last = law.balance(law.recipe.steps[-1])
    if broken:
        return "not conserved", f"{last.rows:,}", broken[0]
    rows = "every row is in every step" + UNCOUNTED if last.errors is None else last.sum()
    pending = sum(law.planned) - last.planned
    return "conserved", f"{last.rows:,}", _joined(rows, f"{pending:,} in pending shards" if pending else "")


def _steps(tally: Tally) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("step")
    for name in ("shards", "seconds", "tokens in", "tokens out", "tokens/s"):
        table.add_column(name, justify="right")
    for step in tally.steps:
        read, written, seconds = tally.sum(step, "tokens_in"), tally.sum(step, "tokens_out"), tally.seconds(step)
        rate = (written or read) / seconds if seconds else 0
        cells = (f"{seconds:,.1f}", *(f"{n:,.0f}" if n else "" for n in (read, written, rate)))
        table.add_row(step, f"{len(tally.footers[step]):,}", *cells)
    return table


def _turns(tally: Tally) -> str:
    """What became of the user's turns that a model wrote."""
    turns, looped = tally.total("user_turns"), tally.total("looped")
    stripped = _share(tally.total("stripped"), turns, "stripped of an opener")
    return _joined(f"{turns:,} user turns added", stripped, f"{looped:,} ended by a loop")


def _left_out(tally: Tally) -> str:
    reasons = tally.reasons("left_out")
    return f"left out by {listed(reasons)}" if reasons else ""


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _share(part: int, whole: int, of: str) -> str:
    return f"{part / whole:.0%} {of}" if whole else ""


def next_command(text: str) -> Text:
    """What to type next, set off from the table."""
    return Text.assemble(("next  ", "dim"), (text, "bold"))
