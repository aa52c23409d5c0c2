"""The figures of judges as people read them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt

from rich import box
from rich.markup import escape
from rich.table import Table

from sdg_ray.judges.agreement import Agreement
from sdg_ray.judges.consistency import Consistency
from sdg_ray.judges.help_steer import Fit
from sdg_ray.judges.reward_bench import FOUR, PRIOR, Result

Z = 1.96  # for an interval that holds the true share in 95 of 100 cases


def own_table(found: Sequence[Agreement], truth: Sequence[str]) -> Table:
    """The pairs that each scorer would make, and what truth says of them."""
    title = f"pairs that each would make, by the truth of {', '.join(truth)}"
    table = _table(title, "pairs by", "pairs", "told apart", "right first", "95%", "ties", "consistent")
    for each in found:
        right, ties = each.own["right"], each.own["tie"]
        pairs, apart = each.own.total() - ties, right + each.own["wrong"]
        table.add_row(
            each.name,
            *(f"{pairs:,}", f"{apart:,}", _share(right, apart), interval(right, apart), f"{ties:,}"),
            percent(each.consistency.share if each.consistency else None),
        )
    return table


def same_table(found: Sequence[Agreement]) -> Table:
    """Everybody on the same pairs; what is undecided counts a half, as on benchmarks."""
    total = found[0].same.total() if found else 0
    table = _table(f"the same {total:,} pairs of a right and a wrong answer", "judged by", *_SAME)
    for each in found:
        right, wrong, tie, untold = (each.same[word] for word in ("right", "wrong", "tie", "untold"))
        credit = f"{(right + (tie + untold) / 2) / total:.1%}" if total else ""
        table.add_row(each.name, credit, *(f"{n:,}" for n in (right, wrong, tie, untold)), _decided(each.same))
    return table


_SAME = ("credit", "right", "wrong", "tie", "untold", "right of decided")


def consistency_table(found: Mapping[str, Consistency]) -> Table:
    """How often judges say the same in both orders."""
    table = _table("judges in both orders", "judge", "compared", "consistent", "ties", "no verdict", "for the first")
    for name, each in found.items():
        row = (f"{each.comparisons:,}", percent(each.share), f"{each.ties:,}", f"{each.silent:,}")
        table.add_row(name, *row, percent(each.first_share))
    return table


def reward_bench_table(found: Mapping[str, Result]) -> Table:
    """Scorers side by side, section by section."""
    table = _table("RewardBench", "section", *found)
    names = dict.fromkeys(name for each in found.values() for name in each.sections)
    for name in names:
        table.add_row(escape(name), *(percent(each.sections.get(name)) for each in found.values()))
    table.add_section()
    if set(FOUR) <= names.keys():
        table.add_row("overall", *(percent(each.overall) for each in found.values()))
        if PRIOR in names:
            table.add_row("with prior sets", *(percent(each.with_prior) for each in found.values()))
    table.add_row("all pairs alike", *(percent(each.all) for each in found.values()))
    for name in ("pairs", "ties", "untold"):
        table.add_row(name, *(f"{getattr(each, name):,}" for each in found.values()))
    return table


def help_steer_table(name: str, fits: Sequence[Fit], answers: int, unread: int) -> Table:
    """One reward model, attribute by attribute."""
    title = f"HelpSteer2, {name}: {answers - unread:,} answers" + (f", {unread:,} too long to read" if unread else "")
    table = _table(title, "attribute", "Pearson r", "squared error", "mean of labels", "mean of values")
    for fit in fits:
        figures = (fit.pearson, fit.error, fit.label_mean, fit.value_mean)
        table.add_row(fit.attribute, *("" if figure is None else f"{figure:.3f}" for figure in figures))
    return table


def interval(part: int, whole: int) -> str:
    """Between which shares the true one lies, by Wilson's score: `71-84%`."""
    if not whole:
        return ""
    share, spread = part / whole, Z * Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / whole + spread / (4 * whole)) / (1 + spread)
    return f"{max(0.0, middle - half):.0%}".removesuffix("%") + f"-{middle + half:.0%}"


def percent(share: float | None) -> str:
    """A share with one decimal; nothing where there is none."""
    return "" if share is None else f"{share:.1%}"


def _share(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)


def _decided(words: Counter[str]) -> str:
    return _share(words["right"], words["right"] + words["wrong"])


def _table(title: str, first: str, *names: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    return table
