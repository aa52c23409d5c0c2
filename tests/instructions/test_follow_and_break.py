"""For every instruction, any arguments: an answer built to follow it passes, and fails once broken in one way."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_ray.instructions import INSTRUCTIONS, Drawn, check, check_loose, reference
from sdg_ray.instructions.instruction import Setting
from tests.instructions.building import WAYS

PROMPT = "Is it true that tides follow the moon?"
# small words that no instruction asks for
BODIES = st.lists(st.sampled_from("the a it is as to go by on we he so up in an".split()), min_size=3, max_size=8)


def test_every_instruction_can_be_built() -> None:
    assert WAYS.keys() == INSTRUCTIONS.keys()


@pytest.mark.parametrize("id", INSTRUCTIONS)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), words=BODIES)
def test_built_answer_follows_and_broken_one_does_not(id: str, seed: int, words: list[str]) -> None:
    kwargs = INSTRUCTIONS[id].draw(random.Random(seed), Setting(prompt=PROMPT))
    build, break_it = WAYS[id]
    wanted, body = reference([Drawn(id=id, kwargs=kwargs, text="")]), " ".join(words)

    assert check(wanted, build(body, **kwargs)) == [True]
    assert check_loose(wanted, build(body, **kwargs)) == [True]
    assert check(wanted, break_it(body, **kwargs)) == [False]


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200), seed=st.integers(0, 2**32))
def test_any_text_at_all_has_an_answer(text: str, seed: int) -> None:
    chance = random.Random(seed)
    for id, instruction in INSTRUCTIONS.items():
        wanted = reference([Drawn(id=id, kwargs=instruction.draw(chance, Setting(prompt=PROMPT)), text="")])
        strict, loose = check(wanted, text), check_loose(wanted, text)
        assert strict in ([True], [False])
        assert loose >= strict, "what follows strictly follows loosely"
