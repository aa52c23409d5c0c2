"""Requests that evolve from a pool: examples drawn from it, a gate for what is not new, and changed versions."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.chance import Chance
from sdg_ray.errors import Refused
from sdg_ray.prompts.evolve import Evolve
from sdg_ray.prompts.family import Family, Means
from sdg_ray.prompts.given import Given
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.rouge import rouge_l
from sdg_ray.prompts.world import World
from sdg_ray.template import choices, template
from tests.scripted_writer import ListWriter, drafts, origin_of, text_of

ASK = template("evolve/new", "n", "examples").version
MUTATE = template("evolve/mutate", "n", "instruction", "mode").version
MODES = list(choices("evolve/modes"))


def pool(folder: Path, *lines: object) -> Given:
    path = folder / "pool.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Given(source=str(path))


def texts(family: Family, numbers: range) -> set[str]:
    async def make() -> set[str]:
        program = family.open(Means())
        found = [draft for n in numbers for draft in await program(n, Chance("evolve", n))]
        return {" ".join(draft.prompt[-1]["content"].split()) for draft in found}

    return asyncio.run(make())


def test_new_requests_say_their_examples_and_changed_ones_what_they_were() -> None:
    writer = ListWriter()
    made = drafts(Evolve(pool=World(), new=2), 0, writer)
    assert len({text_of(draft) for draft in made}) == 12
    for plain, *changed in (made[:6], made[6:]):
        origin = origin_of(plain)
        assert origin["template"] == ASK and len(set(origin["parents"])) == 3
        assert "\n".join(f"- {text}" for text in origin["parents"]) in writer.asks[0]
        assert [origin_of(draft)["item"] for draft in changed] == MODES
        for draft in changed:
            assert origin_of(draft)["template"] == MUTATE and origin_of(draft)["parents"] == [text_of(plain)]


def test_examples_are_of_the_first_prompts_of_the_pool_and_differ_from_seed_to_seed() -> None:
    family = Evolve(pool=World(), size=12, modes=())
    shown = [tuple(origin_of(drafts(family, number)[0])["parents"]) for number in range(30)]
    assert len(set(shown)) > 20
    assert {text for some in shown for text in some} == texts(World(), range(12))


def test_what_is_like_an_example_is_not_new(tmp_path: Path) -> None:
    given = pool(tmp_path, "How tall is the old lighthouse on Arrin?", "Add 3 and 4.", "Sort 5 and 2.")
    says = {"Here are some": "1. How tall is the lighthouse on Arrin?\n2. Name a song for a wedding."}
    alike, _, new, changed = drafts(Evolve(pool=given, modes=("rare",)), 0, ListWriter(says=says))
    assert alike.prompt == []
    assert alike.error == "not new: ROUGE-L 0.93 to 'How tall is the old lighthouse on Arrin?'"
    assert text_of(new) == "Name a song for a wedding." and changed.error is None


def test_what_is_like_another_new_one_is_not_new(tmp_path: Path) -> None:
    given = pool(tmp_path, "x", "y", "z")
    says = {"Here are some": "1. Name a song for a wedding.\n2. Name a song for our wedding.\n3. How deep is it?"}
    made = drafts(Evolve(pool=given, new=3, modes=()), 0, ListWriter(says=says))
    assert [draft.error and draft.error.split(":")[0] for draft in made] == [None, "not new", None]
    looser = drafts(Evolve(pool=given, new=3, modes=(), novelty=0.9), 0, ListWriter(says=says))
    assert [draft.error for draft in looser] == [None, None, None]
    assert rouge_l(text_of(looser[0]), text_of(looser[1])) == pytest.approx(5 / 6)


def test_what_is_not_new_is_not_changed_either(tmp_path: Path) -> None:
    given = pool(tmp_path, "Why is the sea salty?", "y", "z")
    writer = ListWriter(says={"Here are some": "1. Why is the sea salty?\n2. Why is the sea salty now?"})
    made = drafts(Evolve(pool=given), 0, writer)
    assert all(draft.error and draft.error.startswith("not new: ROUGE-L 1.00") for draft in made[:6])
    assert all(origin_of(draft)["template"] == ASK for draft in made)
    assert not any("Write 1 new versions" in ask for ask in writer.asks)


def test_line_of_the_pool_that_is_no_prompt_is_no_example(tmp_path: Path) -> None:
    family = Evolve(pool=pool(tmp_path, "Why is the sea salty?", {"prompt": 7}, "Add 3\nand 4."), modes=())
    parents = origin_of(drafts(family)[0])["parents"]
    assert sorted(parents) == ["Add 3 and 4.", "Why is the sea salty?"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"new": 0}, "new and shots must be at least 1"),
        ({"shots": 0}, "new and shots must be at least 1"),
        ({"novelty": 0.0}, "novelty above 0"),
        ({"modes": ("shout",)}, "evolve/modes has no mode 'shout'"),
        ({"pool": OpenQa()}, "must not ask a model itself"),
        ({"pool": World(kinds=("riddle",))}, "no kind 'riddle'"),
        ({"size": 2}, "the pool has 2 seeds, too few for 3 shots"),
        ({"ask": "topics/macro"}, r"lacks \{examples\}"),
    ],
)
def test_family_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Evolve(**{"pool": World(), **settings}).check()


def test_pool_with_too_few_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the pool has 1 seeds"):
        Evolve(pool=pool(tmp_path, "Why?")).check()
