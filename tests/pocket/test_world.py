"""The world keeps its word: what is set aside stays aside, right is right, and chance comes from the caller alone."""

import json
import random
import re
import subprocess
import sys

import pytest

from sdg_ray.pocket.world import KINDS, facts, question, right
from sdg_ray.pocket.world.arithmetic import Sum, worked
from sdg_ray.pocket.world.lists import parsed


def drawn(kind: str, held_out: bool, count: int = 1500, seed: int = 1) -> list:
    rng = random.Random(seed)
    return [question(kind, rng, held_out) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_and_training_questions_never_meet(kind: str) -> None:
    aside = {q.messages for q in drawn(kind, held_out=True)}
    trained = {q.messages for q in drawn(kind, held_out=False, count=6000)}
    assert aside and trained and not aside & trained


def test_a_pair_of_numbers_is_set_aside_in_every_wording_and_order() -> None:
    for a, b in [(a, b) for a in range(10, 30) for b in range(30, 40)]:
        assert Sum(a=a, sign="+", b=b).held_out == Sum(a=b, sign="+", b=a).held_out
    texts = " ".join(q.answer for q in drawn("arithmetic", held_out=False, count=4000))
    for q in drawn("arithmetic", held_out=True, count=500):
        assert f" {q.answer.split(':')[0]}:" not in f" {texts}"


def test_there_are_a_thousand_different_held_out_prompts() -> None:
    assert len({q.messages for kind in KINDS for q in drawn(kind, held_out=True, count=600)}) >= 1000


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_of_the_world_is_right_and_a_spoiled_one_is_not(kind: str) -> None:
    rng = random.Random(2)
    for one in drawn(kind, held_out=False, count=400) + drawn(kind, held_out=True, count=400):
        assert right(kind, one.reference, one.answer), one
        assert not right(kind, one.reference, ""), one
        assert not right(kind, one.reference, spoiled(kind, one.answer, one.reference, rng)), one


def spoiled(kind: str, answer: str, reference: str, rng: random.Random) -> str:
    """The same answer with the one thing wrong that matters."""
    if kind == "format":
        return unformed(answer, json.loads(reference))
    if kind == "list":
        return answer.split("\n", 1)[1]
    if kind == "python":
        return answer.replace("return ", "return 1 + ")
    if kind == "string":
        return answer.replace(reference, f"{reference}x")
    rivals = [value for value in facts.domain(reference) if value != reference]
    instead = rng.choice(rivals) if rivals else f"{reference}0"
    return re.sub(rf"\b{re.escape(reference)}\b", instead, answer, flags=re.IGNORECASE)


def unformed(answer: str, wanted: dict) -> str:
    """The answer without the form that was asked for."""
    args = wanted["args"]
    return {
        "change_case:english_capital": answer.lower(),
        "change_case:english_lowercase": answer.upper(),
        "punctuation:no_comma": f"Well, {answer}",
        "startend:quotation": answer.strip('"'),
        "startend:end_checker": f"{answer} Really.",
        "startend:first_word": f"So {answer}",
        "keywords:existence": answer.replace((args.get("keywords") or ["?"])[0], "..."),
        "length_constraints:number_sentences": f"{answer} And more.",
        "detectable_format:number_bullet_lists": f"{answer}\n* And more.",
    }[wanted["id"]]


def test_a_format_answer_must_still_be_true() -> None:
    for one in drawn("format", held_out=False, count=300):
        fact = json.loads(one.reference).get("fact")
        if fact:
            lie = next(value for value in facts.domain(fact) if value != fact)
            cased = {one.answer.upper(): lie.upper(), one.answer.lower(): lie.lower()}.get(one.answer, lie)
            assert not right(
                "format",
                one.reference,
                one.answer.replace(fact.upper(), cased).replace(fact, cased).replace(fact.lower(), cased),
            )


def test_naming_two_towns_is_no_answer() -> None:
    assert right("fact", "Kirrin", "Mira Fenn lives in Kirrin.")
    assert right("fact", "Kirrin", "it is KIRRIN")
    assert not right("fact", "Kirrin", "Mira Fenn lives in Kirrin or Saltby.")
    assert not right("fact", "Kirrin", "Mira Fenn lives in Kirrington.")


def test_a_list_must_be_numbered_different_and_as_long_as_asked() -> None:
    reference = json.dumps({"n": 2, "of": ["Tolland", "Saltby", "Quayle"]})
    assert right("list", reference, "1. Saltby\n2. Tolland")
    assert not right("list", reference, "1. Saltby\n2. Saltby")
    assert not right("list", reference, "1. Saltby\n2. Mira Fenn")
    assert not right("list", reference, "1. Saltby")
    assert not right("list", reference, "Saltby, Tolland")
    assert parsed("1. a\n3. b") is None


def test_python_is_compared_and_never_run() -> None:
    asked = drawn("python", held_out=False, count=1)[0]
    solution = json.loads(asked.reference)["solution"]
    assert right("python", asked.reference, solution.replace("    return", "  return") + "  # the same tree")
    assert not right("python", asked.reference, "raise SystemExit")
    assert not right("python", asked.reference, "def broken(:")


def test_the_tests_of_a_python_question_hold_for_its_solution() -> None:
    for asked in drawn("python", held_out=True, count=300):
        reference = json.loads(asked.reference)
        exec("\n".join([reference["solution"], *reference["tests"]]), {})  # the world's own code, not a model's


def test_steps_are_right() -> None:
    assert (
        worked(Sum(a=47, sign="+", b=35)) == "47 + 35: 7 + 5 = 12, write 2, carry 1. 4 + 3 + 1 = 8. The answer is 82."
    )
    assert worked(Sum(a=52, sign="-", b=37)).endswith("5 - 1 = 4, 4 - 3 = 1. The answer is 15.")
    assert worked(Sum(a=47, sign="x", b=6)).endswith("write 2, carry 4. 4 x 6 = 24, 24 + 4 = 28. The answer is 282.")
    assert "9 - 7 = 2" in worked(Sum(a=503, sign="-", b=78))


def test_all_chance_comes_from_the_callers_generator() -> None:
    for kind in KINDS:
        assert drawn(kind, held_out=True, count=50, seed=7) == drawn(kind, held_out=True, count=50, seed=7)
        assert drawn(kind, held_out=True, count=50, seed=7) != drawn(kind, held_out=True, count=50, seed=8)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="no questions of kind 'riddle'"):
        question("riddle", random.Random(0), held_out=False)


def test_every_fact_has_a_wording_to_train_on() -> None:
    assert len(facts.all_facts()) == 324 and len(facts.GROUP_OF) == 130
    assert all(facts.wordings(fact, held_out=False) for fact in facts.all_facts())


def test_the_world_needs_nothing_but_the_standard_library() -> None:
    heavy = ("torch", "transformers", "numpy", "pyarrow")
    code = f"import sys, sdg_ray.pocket.world; print([m for m in {heavy} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
