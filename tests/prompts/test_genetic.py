"""Colonies of problems: parents, gates, roles and what is left where nothing can be born any more."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling, Values
from sdg_ray.errors import Refused
from sdg_ray.plan.writing import of_family
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import COUNTS, Writer
from sdg_ray.prompts.family import Draft, Means
from sdg_ray.prompts.genetic import Genetic
from sdg_ray.prompts.given import Given
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.record import Chat, hashed
from sdg_ray.report.colonies import births_of, colonies_table
from sdg_ray.report.tally import Tally
from sdg_ray.runner import bring_all
from sdg_ray.runner.local import Local
from sdg_ray.sandbox import Sandbox
from sdg_ray.scorers.python_tests import PythonTests
from sdg_ray.store import open_run
from sdg_ray.unique import Unique
from sdg_ray.unique.evaluation import EvaluationSet
from sdg_ray.unique.text import grams, jaccard, normal
from tests.plan.test_work import TOKENS
from tests.small import small_recipe, table

NAME = re.compile(r"f_\w+")
SEED = "Write f_{n}(x) that returns x plus {n}. {words}"


@dataclass(frozen=True, kw_only=True)
class Breeder:
    """An engine for all roles: it invents problems, solves each with the function that it names, and finds all fit.

    `says` has other answers for one role ("new", "code", "fit"), by what an ask must have in it; "bad row" and "dies"
    are not said, they happen.
    """

    name: str = "breeder"
    says: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hurry: float = runtime(0.0)  # answers come in another order each time
    started: list[str] = field(default_factory=list, compare=False, metadata={"runtime": True})
    asked: list[tuple[str, str]] = field(default_factory=list, compare=False, metadata={"runtime": True})

    @property
    def model(self) -> str:
        return self.name

    @property
    def roles(self) -> set[str]:
        return {role for role, _ in self.asked}

    def check(self, answer_tokens: int = 0) -> None:
        if answer_tokens > 2048:
            raise Refused("model breeder has a context of 2048 tokens")

    def start(self) -> "Breeder":
        self.started.append(self.name)
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        ask = chat[-1]["content"]
        part = "new" if "exactly 1" in ask else "fit" if "fit to learn from" in ask else "code"
        self.asked.append((part, ask))
        chance = Chance(part, seed, ask)
        await asyncio.sleep(random.random() * self.hurry)
        text = next((says for there, says in self.says.get(part, {}).items() if there in ask), None)
        if text == "bad row":
            raise BadRow("too long: as the test says")
        if text == "dies":
            raise EngineDied("the engine died")
        made = Answer(text=text or getattr(self, f"_{part}")(ask, chance), finish="stop", tokens=7)
        return Answers(candidates=[made] * n, prompt_tokens=len(ask))

    async def classify(self, chat: Chat) -> Values:
        return Values(values=[4.0, 4.0, 4.0, 1.0, 2.0], prompt_tokens=1)

    def _new(self, ask: str, chance: Chance) -> str:
        """A new problem; a mutant is about the function of its parent."""
        name = NAME.findall(ask)[0] if "new versions" in ask else f"f_{hashed(chance.random())[:6]}"
        return f"1. Write {name}(x) that returns {words(chance)}."

    def _code(self, ask: str, chance: Chance) -> str:
        name = NAME.findall(ask)[0]
        number = name.removeprefix("f_")
        return f"Here:\n```python\ndef {name}(x):\n    return x + {number if number.isdecimal() else 1}\n```"

    def _fit(self, ask: str, chance: Chance) -> str:
        return "A \\boxed{No} would be wrong, for it is right. \\boxed{Yes}"


def words(chance: Chance) -> str:
    """Words that nobody has said before."""
    return " ".join("".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(3)) for _ in range(9))


def seeds(folder: Path, count: int = 12, **more: object) -> Given:
    """Seeds f_0 to f_11 that add their number, each with two tests."""
    lines = [
        {"prompt": SEED.format(n=n, words=words(Chance(n))), "licence": "MIT", "reference": checks(n)}
        for n in range(count)
    ]
    path = folder / "seeds.jsonl"
    path.write_text("".join(json.dumps(line | more) + "\n" for line in lines))
    return Given(source=str(path))


def checks(n: int) -> dict[str, Any]:
    return {"tests": [f"assert f_{n}(1) == {n + 1}", f"assert f_{n}(0) == {n}"]}


@pytest.fixture
def family(tmp_path: Path) -> Genetic:
    """A small colony that executes nothing."""
    return Genetic(pool=seeds(tmp_path), founders=6, children=12, births=5, generations=20, tests=None)


RUN = PythonTests(sandbox=Sandbox(wall_seconds=5, cpu_seconds=4), at_once=2)


def grown(family: Genetic, engine: Breeder | None = None, number: int = 0, seed: int = 0) -> list[Draft]:
    """One colony."""
    return grown_and_counted(family, engine, number, seed)[0]


def grown_and_counted(
    family: Genetic, engine: Breeder | None = None, number: int = 0, seed: int = 0
) -> tuple[list[Draft], Counter[str]]:
    family.check()
    counts = Counter[str]()

    async def make() -> list[Draft]:
        COUNTS.set(counts)
        asking = Writer(engine=engine or Breeder(), attempts=2).start()
        return list(await family.open(Means(model=asking))(number, Chance(seed, number)))

    made = asyncio.run(make())
    assert len(made) == family.per_seed
    return made, counts


def item(draft: Draft) -> dict[str, Any]:
    assert draft.origin is not None
    return json.loads(draft.origin["item"])


def path(draft: Draft) -> Sequence[str]:
    assert draft.origin is not None
    return draft.origin["path"]


def text(draft: Draft) -> str:
    assert draft.error is None, draft.error
    return draft.prompt[-1]["content"]


def errors(drafts: Sequence[Draft]) -> set[str]:
    return {draft.error or "" for draft in drafts}


def test_child_says_of_whom_and_how_it_came_about(family: Genetic) -> None:
    known = {f"seed/{n}": SEED.format(n=n, words=words(Chance(n))) for n in range(12)}
    last = 1
    made = grown(family, number=3)
    for place, child in enumerate(made):
        about, origin = item(child), child.origin or {}
        operation, *mode = path(child)
        assert about["id"] == f"3/{place}" and origin["source"] == "colony 3" and about["judge"] == "Yes"
        assert origin["parents"] == [known[name] for name in about["parents"]]  # all of them were there before
        assert len(set(about["parents"])) == (3 if operation == "crossover" else 1)
        assert (mode[0] in family.modes and "evolve/mutate@" in origin["template"]) if mode else operation != "mutation"
        assert origin["licence"] == "MIT" and origin["model"] == "breeder"
        assert last <= about["generation"]
        known[about["id"]], last = text(child), about["generation"]
    assert last > 2 and {path(child)[0] for child in made} == {"crossover", "mutation"}
    assert any("3/" in name for child in made for name in item(child)["parents"]), "children breed as seeds do"


def test_colony_is_the_same_wherever_it_grows_and_like_no_other(family: Genetic) -> None:
    first = grown(family, Breeder(hurry=0.002))
    assert first == grown(family, Breeder(hurry=0.001))
    second = grown(family, number=1)
    assert not {text(each) for each in first} & {text(each) for each in second}
    assert len({(each.origin or {})["seed"] for each in (*first, *second)}) == 24
    founders = [{name for child in grown(family, number=n) for name in item(child)["parents"]} for n in range(3)]
    drawn = [{name for name in names if name.startswith("seed/")} for names in founders]
    assert all(len(each) <= 6 for each in drawn) and len(set(map(frozenset, drawn))) > 1


@pytest.mark.parametrize(("share", "operations"), [(1.0, {"crossover"}), (0.0, {"mutation"})])
def test_ratio_of_the_operations_is_a_setting(family: Genetic, share: float, operations: set[str]) -> None:
    assert {path(child)[0] for child in grown(replace(family, crossover=share))} == operations


def test_what_is_like_another_of_the_colony_is_refused(family: Genetic) -> None:
    twin = "1. Write f_twin(x) that returns what its twin in the same generation returns, and no more than that."
    mutants = replace(family, crossover=0.0)
    made, counts = grown_and_counted(mutants, Breeder(says={"new": {"one more requirement": twin}}))
    assert sum(text(child) == twin.removeprefix("1. ") for child in made) == 1
    assert counts["colony mutation near-duplicate"] >= 1 and counts["colony mutation fit"] == 12
    texts = [*(text(child) for child in made), *(SEED.format(n=n, words=words(Chance(n))) for n in range(12))]
    sets = [grams(normal(each)) for each in texts]
    assert max(jaccard(one, other) for i, one in enumerate(sets) for other in sets[:i]) < 0.8

    only = grown(replace(mutants, modes=("constrain",)), Breeder(says={"new": {"one more requirement": twin}}))
    assert [draft.error for draft in only].count(None) == 1

    again = SEED.format(n=4, words=words(Chance(4)))
    of_seed = grown(replace(family, founders=12), Breeder(says={"new": {"": f"1. {again}"}}))
    assert errors(of_seed) == {"near-duplicate: 1.00 like seed/4"}


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        ("It has \\boxed{Yes} before it, but the loop never ends. \\boxed{No}", "unfit: the judge says "),
        ("It has \\boxed{Yes} before it, but the loop never ends. $\\boxed{\\text{No}}$", "unfit: the judge says "),
        ("Yes", "no verdict: the judge says 'Yes'"),
        ("\\boxed{}", "no verdict"),
        ("bad row", "too long: as the test says"),
    ],
)
def test_what_the_judge_does_not_call_fit_is_no_child(family: Genetic, verdict: str, error: str) -> None:
    engine = Breeder(says={"fit": {"f_": verdict}})
    made, counts = grown_and_counted(family, engine)
    assert all(draft.error and draft.error.startswith(error) and draft.prompt == [] for draft in made)
    assert sum(counts[f"colony {name} fit"] for name in ("crossover", "mutation")) == 0
    assert all("id" not in item(draft) and item(draft)["parents"] for draft in made)


@pytest.mark.parametrize("verdict", ["\\boxed{Yes}", "$\\boxed{\\text{Yes}}$", "\\boxed{ \\mathbf{yes} }", "[[Yes.]]"])
def test_verdict_may_be_set_as_models_set_words_in_a_box(family: Genetic, verdict: str) -> None:
    made = grown(family, Breeder(says={"fit": {"f_": f"\\boxed{{No}} would be wrong. {verdict}"}}))
    assert not any(draft.error for draft in made)


def test_verdicts_that_pass_are_a_setting(family: Genetic) -> None:
    engine = Breeder(says={"fit": {"f_": "Good: ...\nAnswer: ... right\n[[4]]"}})
    assert all(draft.error for draft in grown(family, engine))
    assert not any(draft.error for draft in grown(replace(family, passing=("4", "5")), engine))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def {name}(x):\n    return 1 / 0\n{name}(1)", "does not run: ZeroDivisionError: division by zero"),
        ("import nowhere_to_be_found\ndef {name}(x): pass", "does not run: ModuleNotFoundError"),
        ("def other(x):\n    return x", "not defined: "),
        ("def {name}(x:\n    return x", "not defined: "),
    ],
)
def test_solution_has_to_run_and_to_define_what_was_asked(family: Genetic, code: str, error: str) -> None:
    asked = "f_asked"
    says = {"new": {"": f"1. Write {asked}(x) that returns what nobody has seen before in this place."},
            "code": {"": f"```python\n{code.format(name=asked)}\n```"}}  # fmt: skip
    small = replace(family, children=1, births=1, generations=1)
    assert grown(small, Breeder(says=says))[0].error is None  # nothing is executed
    (made,) = grown(replace(small, tests=RUN), Breeder(says=says))
    assert made.error and made.error.startswith(error)


def test_answer_without_code_is_not_even_judged(family: Genetic) -> None:
    engine = Breeder(says={"code": {"": "I would rather not say it in code."}})
    made = grown(family, engine)
    assert errors(made) == {"no code: the solution is 'I would rather not say it in code.'"}
    assert "fit" not in engine.roles


def test_mutant_passes_and_keeps_the_tests_of_the_function_it_is_still_about(family: Genetic) -> None:
    made = grown(replace(family, crossover=0.0, children=6, tests=RUN))
    for child in made:
        reference = json.loads(child.reference or "")
        (number,) = {int(found.removeprefix("f_")) for found in NAME.findall(text(child))}
        assert item(child)["ran"] == "passed 2 of 2" and reference["tests"] == checks(number)["tests"]
        assert f"return x + {number}" in reference["solution"]

    wrong = "```python\n" + "\n".join(f"def f_{n}(x): return x" for n in range(12)) + "\n```"
    made = grown(replace(family, crossover=0.0, children=6, tests=RUN), Breeder(says={"code": {"": wrong}}))
    assert {draft.error for draft in made if "seed/0" not in item(draft)["parents"]} <= {"tests: passed 0 of 2, failed"}


def test_child_about_another_function_has_nobodys_tests(family: Genetic) -> None:
    other = Breeder(says={"new": {"one more requirement": "1. Write f_new(x) that returns something else this time."}})
    mutants = replace(family, crossover=0.0, modes=("constrain",), children=1, births=1, generations=1, tests=RUN)
    crossed = replace(family, crossover=1.0, children=2, births=2, generations=1, tests=RUN)
    defined = "\n".join(f"def {name}(x): return x" for name in ("f_new", *(f"f_{n}" for n in range(12))))
    all_there = {"new": {"": "1. Write f_new(x) that returns x."}, "code": {"": f"```python\n{defined}\n```"}}
    of_many = grown(replace(crossed, children=1, births=1), Breeder(says=all_there))
    for child in (*grown(mutants, other), *grown(crossed), *of_many):
        assert item(child)["ran"] == "ran" and json.loads(child.reference or "").keys() == {"solution"}


def test_births_that_fail_are_counted_and_others_take_their_place(family: Genetic) -> None:
    says = {"new": {"several steps": "bad row"}, "code": {"f_3(": "bad row"}}
    made, counts = grown_and_counted(replace(family, crossover=0.3), Breeder(says=says))
    assert not any(draft.error for draft in made)
    assert counts["colony mutation too long"] > 0
    born = {name: count for name, count in counts.items() if name.startswith("colony ")}
    assert sum(count for name, count in born.items() if name.endswith(" fit")) == 12


def test_plan_foresees_the_requests_of_a_colony_in_which_no_birth_fails(family: Genetic) -> None:
    engine = Breeder()
    grown(family, engine)
    assert of_family(family, TOKENS, 20).requests == len(engine.asked) == 36


def test_slots_of_a_colony_that_dies_out_say_why(family: Genetic) -> None:
    few = replace(family, births=4, generations=3)
    made, counts = grown_and_counted(few, Breeder(says={"new": {"several steps": "I cannot.", "Python problems": " "}}))
    good = [draft for draft in made if draft.error is None]
    assert 0 < len(good) < 12 and made[: len(good)] == good
    assert {draft.error.split(":")[0] for draft in made[len(good) :] if draft.error} == {"short list"}
    assert all(item(draft)["parents"] and item(draft)["generation"] and path(draft) for draft in made)
    assert sum(count for name, count in counts.items() if name.startswith("colony ")) == 12


def test_engine_that_dies_is_no_row(family: Genetic) -> None:
    with pytest.raises(EngineDied):
        grown(family, Breeder(says={"code": {"f_": "dies"}}))


def test_seeds_that_are_no_prompts_do_not_breed(tmp_path: Path) -> None:
    pool = seeds(tmp_path, count=4)
    with open(pool.source, "a") as file:
        file.write('{"prompt": 7}\n')
    family = Genetic(pool=Given(source=pool.source), founders=5, children=8, tests=None)
    assert not any("seed/4" in item(child)["parents"] for child in grown(family))
    (tmp_path / "seeds.jsonl").write_text('"Why?"\n{"prompt": 7}\n{"prompt": 8}\n')
    none = Genetic(pool=Given(source=pool.source), founders=3, children=2, tests=None)
    assert errors(grown(none)) == {"too few founders: 1 of 3 seeds can be used"}


def test_each_role_is_an_engine_and_one_that_is_shared_is_loaded_once(family: Genetic) -> None:
    writer, coder, judge = (Breeder(name=name) for name in ("writer", "coder", "judge"))
    grown(replace(family, coder=coder, judge=judge), writer)
    assert (writer.roles, coder.roles, judge.roles) == ({"new"}, {"code"}, {"fit"})
    assert [each.started for each in (writer, coder, judge)] == [["writer"], ["coder"], ["judge"]]

    writer, both = Breeder(name="writer"), Breeder(name="both")
    same = Breeder(name="both", started=both.started, asked=both.asked)
    grown(replace(family, coder=both, judge=same), writer)
    assert both.started == ["both"] and both.roles == {"code", "fit"} and writer.started == ["writer"]

    alone = Breeder()
    grown(family, alone)
    assert alone.started == ["breeder"] and alone.roles == {"new", "code", "fit"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"founders": 2}, "founders=2 must be at least shots=3 and at most the 12 seeds"),
        ({"founders": 13}, "founders=13 must be at least shots=3 and at most the 12 seeds"),
        ({"births": 2, "generations": 5}, "5 generations of 2 births cannot make children=12"),
        ({"children": 0}, "cannot make children=0"),
        ({"crossover": 1.5}, "crossover must lie between 0 and 1"),
        ({"shots": 1}, "shots be at least 2"),
        ({"similarity": 0.0}, "similarity must lie above 0"),
        ({"passing": ()}, "passing have a verdict"),
        ({"modes": ("shout",)}, "genetic/modes has no mode 'shout'"),
        ({"modes": ()}, "modes is empty, so nothing is mutated"),
        ({"cross": "topics/macro"}, r"lacks \{examples\}"),
        ({"ask_judge": "topics/macro"}, r"lacks \{instruction\}"),
        ({"pool": OpenQa()}, "must not ask a model itself"),
        ({"judge": Breeder(), "judge_sampling": Sampling(max_tokens=4096)}, "context of 2048 tokens"),
        ({"tests": PythonTests(sandbox=Sandbox(isolation="jail"))}, "isolation='jail' is none of"),
    ],
)
def test_family_that_cannot_work_is_refused(family: Genetic, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        replace(family, **settings).check()


def test_colonies_are_merged_by_the_unique_step_and_kept_clear_of_benchmarks(family: Genetic, tmp_path: Path) -> None:
    def made(unique: Unique, run: str) -> list[dict[str, Any]]:
        prompts = Prompts(families={"genetic": replace(family, quota=36)}, writer=Writer(engine=Breeder()), rows=12)
        recipe = replace(small_recipe(prompts=prompts), unique=unique)
        store = open_run(str(tmp_path), run, recipe.identities())
        assert bring_all(recipe, store, Local()) == {} and recipe.prompts.planned_shards == 3
        tally = Tally(store=store, steps=recipe.steps)
        tally.update()
        births = births_of(tally)
        assert set(births) == {("genetic", "crossover"), ("genetic", "mutation")}
        assert sum(found["fit"] for found in births.values()) == 36 and colonies_table(tally) is not None
        return [row for n in range(3) for row in table(tmp_path, run, "prompts", n).to_pylist()]

    rows = made(Unique(), "first")
    assert len({row["prompt"][0]["content"] for row in rows}) == 36
    assert {row["origin"]["source"] for row in rows} == {"colony 0", "colony 1", "colony 2"}
    leaked = rows[17]["prompt"][0]["content"]
    (tmp_path / "benchmark.jsonl").write_text(json.dumps({"text": f"As was said elsewhere: {leaked}"}) + "\n")
    benchmark = EvaluationSet(source=str(tmp_path / "benchmark.jsonl"), column="text")
    made(Unique(evaluation={"mine": benchmark}, ngram=9), "second")
    marks = [row["error"] for n in range(3) for row in table(tmp_path, "second", "unique", n).to_pylist()]
    assert [n for n, mark in enumerate(marks) if mark and mark.startswith("contaminated: mine")] == [17]
