"""A run that retries another: what was good is as it was, and nothing but what failed is asked for again."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sdg_ray.chance import Chance
from sdg_ray.config import runtime
from sdg_ray.engines import Answers, BadRow, Engine, Sampling, Values
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.asking import Writer
from sdg_ray.prompts.family import Draft, Family, Means, Program
from sdg_ray.prompts.given import Given
from sdg_ray.prompts.open_qa import OpenQa
from sdg_ray.prompts.topics import Broad
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.record import Chat
from sdg_ray.runner import Runner, bring_all, pending
from sdg_ray.runner.local import Local
from sdg_ray.runner.merge import filled
from sdg_ray.runner.retry import errors_left, unanswered, unscored
from sdg_ray.scorers.judge import Judge
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.scorers.rubric import Rubric
from sdg_ray.stages.gather import Gather
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.store import Store, open_run, to_retry
from sdg_ray.unique import Unique
from tests.scripted import Scripted
from tests.scripted_writer import ListWriter
from tests.small import STEPS, body, checksums, small_recipe, table, with_stage


@dataclass(frozen=True, kw_only=True)
class Moody:
    """The scripted engine, refusing some questions today; it notes what it is asked, and when it is loaded."""

    name: str = "moody"
    refuses: tuple[str, ...] = runtime(())
    loads: bool = runtime(True)
    asked: Counter[str] = field(default_factory=Counter, compare=False, metadata={"runtime": True})
    starts: list[str] = field(default_factory=list, compare=False, metadata={"runtime": True})

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        """Nothing can be wrong."""

    def start(self) -> "Moody":
        """Nothing to load."""
        self.starts.append(self.name)
        if not self.loads:
            raise Refused(f"model {self.name} could not be loaded")
        return self

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """What the scripted engine says, unless it refuses."""
        self._read(chat)
        return await Scripted().generate(chat, n, seed, sampling, role)

    async def classify(self, chat: Chat) -> Values:
        """What the scripted engine says, unless it refuses."""
        self._read(chat)
        return await Scripted().classify(chat)

    def _read(self, chat: Chat) -> None:
        question = chat[0]["content"]
        self.asked[question] += 1
        if any(part in question for part in self.refuses):
            raise BadRow("refused: not today")


@dataclass(frozen=True, kw_only=True)
class Said:
    """Prompts word for word, and errors where there is none; which they are is no identity."""

    texts: tuple[str | None, ...] = runtime()
    quota: int | None = None
    per_seed = 1
    needs = frozenset[str]()

    @property
    def seeds(self) -> int:
        """One for each text."""
        return len(self.texts)

    def check(self) -> None:
        """Nothing can be wrong."""

    def open(self, means: Means) -> Program:
        """From a number to its text."""

        async def say(number: int, chance: Chance) -> Sequence[Draft]:
            text = self.texts[number]
            if text is None:
                return [Draft(prompt=[], error="nothing: as the test says")]
            return [Draft(prompt=[{"role": "user", "content": text}])]

        return say


def questions(folder: Path, answers: Engine, rewards: Engine) -> Recipe:
    """Twelve questions in three shards, answered and scored by these."""
    (folder / "given.jsonl").write_text("\n".join(json.dumps(f"question {n:02d}") for n in range(12)))
    return small_recipe(
        prompts=Prompts(families={"given": Given(source=str(folder / "given.jsonl"))}, rows=4),
        responses=Respond(engine=answers),
        reward=Score(scorer=RewardModel(engine=rewards)),
    )


def opened(made: Recipe, root: Path, run: str, earlier: str | None = None) -> Store:
    store = to_retry(str(root), earlier, made.identities()) if earlier else None
    return open_run(str(root), run, made.identities(), earlier=store)


def go(made: Recipe, root: Path, run: str, earlier: str | None = None, runner: Runner | None = None) -> Store:
    store = opened(made, root, run, earlier)
    assert bring_all(made, store, runner or Local()) == {}
    assert pending(made, store) == {}
    return store


def rows(root: Path, run: str, step: str) -> list[dict[str, Any]]:
    files = sorted((root / run / step).glob("shard-*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def differing(root: Path, step: str, one: str = "first", other: str = "second") -> list[int]:
    pairs = zip(rows(root, one, step), rows(root, other, step), strict=True)
    return [n for n, (mine, theirs) in enumerate(pairs) if mine != theirs]


def bodies(root: Path, run: str) -> dict[str, bytes]:
    return {str(path.relative_to(root / run)): body(path) for path in (root / run).rglob("shard-*.parquet")}


def counted(store: Store, step: str, count: str) -> int:
    return sum(asyncio.run(store.footer(step, shard)).counts[count] for shard in store.done(step))


def test_only_what_failed_is_asked_for_again_and_all_else_is_as_it_was(tmp_path: Path) -> None:
    made = questions(tmp_path, Moody(refuses=("question 05",)), Moody(name="judge", refuses=("question 09",)))
    assert errors_left(made, go(made, tmp_path, "first"))
    before = checksums(tmp_path)
    answers, rewards = Moody(), Moody(name="judge")
    made = questions(tmp_path, answers, rewards)

    store = go(made, tmp_path, "second", "first")

    assert answers.asked == {"question 05": 1}
    assert rewards.asked == {"question 05": 4, "question 09": 4}
    assert differing(tmp_path, "prompts") == [] and differing(tmp_path, "responses") == [5]
    assert differing(tmp_path, "reward") == [5, 9]
    assert set(differing(tmp_path, "selection")) | set(differing(tmp_path, "preferences")) <= {5, 9}
    assert all(
        answer["finish"] != "error" for row in rows(tmp_path, "second", "responses") for answer in row["answered"]
    )
    assert all(score is not None for row in rows(tmp_path, "second", "reward") for score in row["score_reward"])
    seeds = [rows(tmp_path, run, "responses")[5]["answered"][0]["seed"] for run in ("first", "second")]
    assert seeds[0] != seeds[1]
    for step in STEPS:
        was, is_ = (table(tmp_path, run, step, 0).replace_schema_metadata() for run in ("first", "second"))
        assert is_.equals(was) and is_.schema.equals(was.schema), step
    assert [counted(store, step, "taken") for step in STEPS] == [12, 11, 10, 10, 10]
    made_again = rows(tmp_path, "second", "responses")[5]["answered"]
    assert counted(store, "responses", "tokens_out") == sum(answer["tokens"] for answer in made_again)
    assert not errors_left(made, store)
    assert before.items() <= checksums(tmp_path).items()


def test_step_in_which_nothing_failed_loads_no_model_whatever_its_scorer_could_not_tell(tmp_path: Path) -> None:
    def rated(answers: Moody, rewards: Moody, ratings: Moody) -> Recipe:
        return with_stage(questions(tmp_path, answers, rewards), "rubric", Score(scorer=Rubric(engine=ratings)))

    bad = Moody(name="judge", refuses=("question 09", "question 02"))
    made = rated(Moody(), bad, Moody(name="mute"))
    assert errors_left(made, go(made, tmp_path, "first"))
    assert {score for row in rows(tmp_path, "first", "rubric") for score in row["score_rubric"]} == {None}
    rewards = Moody(name="judge")

    go(rated(Moody(loads=False), rewards, Moody(name="mute", loads=False)), tmp_path, "second", "first")

    assert rewards.asked == {"question 09": 4, "question 02": 4}
    assert rewards.starts == ["judge"]


def test_interrupted_retry_goes_on_and_ends_as_one_left_alone(tmp_path: Path) -> None:
    bad = Moody(refuses=("question 05", "question 09"))
    go(questions(tmp_path, bad, Moody(name="judge")), tmp_path, "first")
    made = questions(tmp_path, Moody(), Moody(name="judge"))
    go(made, tmp_path, "alone", "first")
    absent = Moody(loads=False)
    store = opened(made, tmp_path, "second", "first")

    said = bring_all(questions(tmp_path, absent, Moody(name="judge")), store, Local())

    assert said == dict.fromkeys((1, 2), "responses: Refused: model moody could not be loaded")
    assert absent.starts == ["moody"]  # not once for each shard
    assert list(pending(made, store)) == [1, 2]

    go(made, tmp_path, "second")  # whether or not it is said again that it retries
    assert bodies(tmp_path, "second") == bodies(tmp_path, "alone")

    for name in ("prompts/shard-00000", "responses/shard-00001", "reward/shard-00002", "preferences/shard-00001"):
        (tmp_path / "second" / f"{name}.parquet").unlink()
    go(made, tmp_path, "second", "first")
    assert bodies(tmp_path, "second") == bodies(tmp_path, "alone")
    done = checksums(tmp_path)
    go(made, tmp_path, "second", "first")
    assert checksums(tmp_path) == done


def test_of_several_generators_only_the_one_that_failed_is_asked_again_for_what_it_had_drawn(tmp_path: Path) -> None:
    def two(a: Moody, b: Moody) -> Recipe:
        engines, made = {"a": a, "b": b}, questions(tmp_path, a, Moody(name="judge"))
        drawn = {
            f"responses_{name}": Respond(engine=engine, n=2, name=name, among=("a", "b"))
            for name, engine in engines.items()
        }
        return recipe(prompts=made.prompts, **(dict(made.stages) | drawn | {"responses": Gather(names=("a", "b"))}))

    bad = Moody(name="a", refuses=("question",))
    go(two(bad, Moody(name="b")), tmp_path, "first")
    good, other = Moody(name="a"), Moody(name="b")

    go(two(good, other), tmp_path, "second", "first")

    failed_rows = [n for n in range(12) if f"question {n:02d}" in bad.asked]
    assert 0 < len(failed_rows) < 12
    assert good.asked == bad.asked and not other.asked
    assert differing(tmp_path, "responses_a") == differing(tmp_path, "responses") == failed_rows
    assert differing(tmp_path, "responses_b") == []
    for n, row in enumerate(rows(tmp_path, "second", "responses")):
        assert [answer["model"] for answer in row["answered"]] == ["a" if n in failed_rows else "b"] * 2
        assert all(answer["finish"] != "error" for answer in row["answered"])


def written(writer: ListWriter) -> Recipe:
    """Questions on topics, with an empty slot where the writer failed, marks of what repeats another, and answers."""
    prompts = Prompts(
        families={"open_qa": OpenQa(quota=40)},
        writer=Writer(engine=writer),
        topics={"general": Broad(quota=6)},
        rows=10,
        top_ups=0,
    )
    return recipe(prompts=prompts, unique=Unique(), responses=Respond(engine=Scripted(), n=1))


def test_slots_without_a_prompt_are_written_again_and_answered_and_the_other_prompts_stay(tmp_path: Path) -> None:
    made = written(ListWriter(fails="bad row", where="Rewrite it", every=3))
    assert errors_left(made, go(made, tmp_path, "first"))

    store = go(made, tmp_path, "second", "first")

    before, after = (rows(tmp_path, run, "prompts") for run in ("first", "second"))
    empty = [n for n, row in enumerate(before) if row["error"]]
    still = [n for n, row in enumerate(after) if row["error"]]
    assert len(empty) >= 5 and set(still) < set(empty)
    assert set(differing(tmp_path, "prompts")) <= set(empty)
    assert [row["prompt_id"] for row in before] == [row["prompt_id"] for row in after]
    assert len({row["prompt"][-1]["content"] for row in after if row["prompt"]}) == 40 - len(still)
    assert counted(store, "prompts", "taken") == 40 - len(empty)
    assert differing(tmp_path, "topics") == []
    assert differing(tmp_path, "unique") == differing(tmp_path, "responses") == sorted({*empty} - {*still})
    assert [bool(row["responses"]) for row in rows(tmp_path, "second", "responses")] == [
        not row["error"] for row in after
    ]


def test_new_prompt_may_repeat_an_old_one_but_never_makes_it_needless(tmp_path: Path) -> None:
    def said(*texts: str | None) -> Recipe:
        families: Mapping[str, Family] = {"said": Said(texts=texts)}
        return recipe(
            prompts=Prompts(families=families, rows=2), unique=Unique(), responses=Respond(engine=Scripted(), n=1)
        )

    tide, tree = "Why do tides come twice a day here?", "How does a tree drink?"
    go(said(None, tide, tree, tide), tmp_path, "first")
    made = said(tide, tide, tree, tide)

    go(made, tmp_path, "second", "first")

    ids = [row["prompt_id"] for row in rows(tmp_path, "second", "unique")]
    marks = [f"duplicate: of {ids[1]}", None, None, f"duplicate: of {ids[1]}"]
    assert [row["error"] for row in rows(tmp_path, "second", "unique")] == marks
    assert differing(tmp_path, "responses") == []

    go(made, tmp_path, "third", "second")  # a retry of a retry
    assert [differing(tmp_path, step, "second", "third") for step in made.steps] == [[], [], []]


def test_shard_that_the_earlier_run_lacks_is_made_in_full(tmp_path: Path) -> None:
    bad = Moody(refuses=("question 05",))
    made = questions(tmp_path, bad, Moody(name="judge"))
    go(made, tmp_path, "first")
    for name in ("prompts/shard-00000", "responses/shard-00002"):
        (tmp_path / "first" / f"{name}.parquet").unlink()
    answers = Moody()

    go(questions(tmp_path, answers, Moody(name="judge")), tmp_path, "second", "first")

    lacking = [*range(4), 5, *range(8, 12)]
    assert answers.asked == {f"question {n:02d}": 1 for n in lacking}
    assert [row["prompt_id"] for row in rows(tmp_path, "second", "prompts")] == [
        row["prompt_id"] for row in rows(tmp_path, "first", "responses")[:8]
    ] + [row["prompt_id"] for row in rows(tmp_path, "first", "reward")[8:]]


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_worker_in_ray_takes_over_and_asks_again_as_one_here(tmp_path: Path) -> None:
    from sdg_ray.runner.ray import Cluster

    go(questions(tmp_path, Moody(refuses=("question 05",)), Moody(name="judge")), tmp_path, "first")
    made = questions(tmp_path, Moody(), Moody(name="judge"))
    go(made, tmp_path, "second", "first")
    here = bodies(tmp_path, "second")
    (tmp_path / "second/responses/shard-00001.parquet").unlink()

    go(made, tmp_path, "second", runner=Cluster())

    assert bodies(tmp_path, "second") == here


def test_retry_is_of_a_run_with_the_same_recipe_and_into_one_of_its_own(tmp_path: Path) -> None:
    made = small_recipe()
    store = opened(made, tmp_path, "first")
    with pytest.raises(Refused, match="step 'preferences' of run 'first' changed: min_margin: 0.0 -> 1.0. A retry is"):
        to_retry(str(tmp_path), "first", small_recipe(min_margin=1.0).identities())
    with pytest.raises(Refused, match="run 'first' exists and does not retry 'first'; choose a new run name"):
        opened(made, tmp_path, "first", "first")
    assert errors_left(made, store)  # shards that were never done


GOOD, BAD = ({"finish": finish, "error": None} for finish in ("stop", "error"))
WON, MUTE = [{"verdict": "inconsistent"}], [{"verdict": "none"}]


@pytest.mark.parametrize(
    ("scorer", "answered", "made", "again"),
    [
        (RewardModel(engine=Scripted()), [GOOD, GOOD], {"score_reward": [1.0, None], "parts_reward": [{}, None]}, True),
        (RewardModel(engine=Scripted()), [GOOD, BAD], {"score_reward": [1.0, None], "parts_reward": [{}, None]}, False),
        (Rubric(engine=Scripted()), [GOOD], {"score_rubric": [None]}, True),
        (Judge(engine=Scripted()), [GOOD], {"score_judge": [None], "parts_judge": [WON]}, False),
        (Judge(engine=Scripted()), [GOOD], {"score_judge": [None], "parts_judge": [MUTE]}, True),
        (Judge(engine=Scripted()), [GOOD], {"score_judge": [0.5], "parts_judge": [WON + MUTE]}, False),
        (Judge(engine=Scripted()), [GOOD], {"score_judge": [None], "parts_judge": [[]]}, False),
    ],
)
def test_answer_without_a_score_is_told_from_one_that_was_judged_differently_in_two_orders(
    scorer: Any, answered: list[Any], made: Mapping[str, Any], again: bool
) -> None:
    read = {"family": "world", "answered": answered}
    assert unscored(Score(scorer=scorer), read, made) is again
    assert not unscored(Score(scorer=scorer, families=("other",)), read, made)


def test_one_answer_that_is_an_error_makes_its_row_one() -> None:
    assert unanswered({"answered_a": [GOOD, BAD]})
    assert not unanswered({"answered_a": [GOOD, GOOD]}) and not unanswered({"answered": []})


def slot(name: str, text: str | None) -> dict[str, Any]:
    return {"prompt_id": name, "prompt": [text] if text else [], "error": None if text else f"no {name}"}


def test_empty_slots_are_filled_with_what_is_new_and_keep_their_ids() -> None:
    old = [slot("a", "one"), slot("b", None), slot("c", "two"), slot("d", None), slot("e", None)]
    new = [slot("a", "two"), slot("b", None), slot("c", "three"), slot("d", "one"), slot("e", None)]

    found = filled(old, new)

    assert [row["prompt_id"] for row in found] == list("abcde")
    assert [row["prompt"] for row in found] == [["one"], ["three"], ["two"], [], []]
    assert [row["error"] for row in found] == [None, None, None, "no d", "no e"]
