"""Train and validation: what belongs together is on one side, whatever the order, and neither side is empty."""

import random
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.export.choice import Choice
from sdg_ray.export.plan import planned
from sdg_ray.export.split import Groups, cut, keys
from tests.export.runs import exported, loaded, row, said, written

DOCUMENT = {"source": "pages.jsonl", "own": "page: "}
EVERYTHING = Choice(sft="all_kept", by="reward", rpo=False)


def related() -> list[dict[str, Any]]:
    """120 groups of prompts: four of a document each, three refinements of a question each, three that begin alike."""
    rows = []
    for group in range(120):
        number = len(rows)
        if group % 3 == 0:
            page = DOCUMENT | {"item": f"page {group}", "parents": ["Sum it up."]}
            rows += [row(number + i, f"{group} {i}: sum it up", origin=page) for i in range(4)]
        elif group % 3 == 1:
            question = f"What is group {group}?"
            refined = {"parents": [question]}
            rows += [row(number, question), *(row(number + i, f"{question} Add {i}.", origin=refined) for i in (1, 2))]
        else:
            first = said("user", f"Group {group}, please!")
            again = [said("user", f"  GROUP {group}, please! "), said("assistant", "Yes?"), said("user", "And then?")]
            rows += [row(number), row(number + 1, prompt=[first]), row(number + 2, prompt=again)]
            rows[-3]["prompt"] = [said("system", "Be brief."), first]
    return rows


def group_of(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Which group each prompt is of, by its id: as `related` made them."""
    sizes = [4 if group % 3 == 0 else 3 for group in range(120)]
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    return {each["prompt_id"]: group for each, group in zip(rows, groups, strict=True)}


def test_no_group_is_on_both_sides(tmp_path: Path) -> None:
    rows = related()
    shuffled = random.Random(0).sample(rows, len(rows))
    written(tmp_path / "runs", [shuffled[at : at + 50] for at in range(0, len(rows), 50)])
    assert exported(tmp_path / "runs", tmp_path / "out", "format=ultrafeedback", "validation=0.2") == 0

    splits, groups = loaded(tmp_path / "out"), group_of(rows)
    sides = {split: {groups[name] for name in splits[split]["prompt_id"]} for split in splits}
    assert not sides["train"] & sides["validation"]
    assert sides["train"] | sides["validation"] == set(range(120))
    assert 12 <= len(sides["validation"]) <= 36  # 24 expected, and a standard deviation of 4.4


def test_the_split_depends_neither_on_order_nor_on_what_is_exported() -> None:
    rows = related()

    def validated(some: list[dict[str, Any]], *kinds: str, validation: float = 0.1) -> set[str]:
        plan = planned(some, EVERYTHING, kinds, validation, 0)
        return {each["prompt_id"] for each in rows if plan.validates(each)}

    first = validated(rows, "sft", "preference")
    assert validated(rows[::-1], "preference") == first
    assert validated([each | {"pairs": each["pairs"][: i % 2]} for i, each in enumerate(rows)], "preference") == first
    assert validated(rows, "sft", validation=0.3) > first


def test_relation_goes_through_a_prompt_that_is_in_no_set() -> None:
    groups = Groups()
    chain = [
        row(0, "a"),
        row(1, "b", origin={"parents": ["a"]}),
        row(2, "c", origin={"parents": ["b"]}),
        row(3, "d", origin={"parents": ["nothing"]}),
    ]
    for each in chain[::-1]:
        groups.join(keys(each))
    places = [groups.place(keys(each)[0]) for each in chain]
    assert places[0] == places[1] == places[2] != places[3]


def test_an_instruction_that_many_documents_share_does_not_join_them() -> None:
    pages = [row(i, f"page {i} Sum it up.", origin=DOCUMENT | {"item": str(i), "parents": ["Sum up."]}) for i in (0, 1)]
    assert not set(keys(pages[0])) & set(keys(pages[1]))


def test_a_slot_without_a_prompt_joins_nothing() -> None:
    assert keys(row(0, prompt=[])) == []


@pytest.mark.parametrize(
    ("places", "share", "below"),
    [
        ([0.5, 0.6, 0.9], 0.02, [0.5]),  # none is below 0.02: the first goes all the same
        ([0.1, 0.2, 0.3], 0.9, [0.1, 0.2]),  # all are below 0.9: the last stays
        ([0.1, 0.5, 0.9], 0.5000001, [0.1, 0.5]),
        ([0.01], 0.5, []),  # one group cannot be on two sides
        ([0.1, 0.5], 0.0, []),
        ([], 0.5, []),
    ],
)
def test_no_side_is_left_empty(places: list[float], share: float, below: list[float]) -> None:
    assert [place for place in places if place < cut(places, share)] == below
