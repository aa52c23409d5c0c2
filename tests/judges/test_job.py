"""jobs/judges.py: what it prints, what it refuses, and the pocket reward model on pairs of its world."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from jobs.judges import main
from sdg_ray.errors import Refused
from sdg_ray.judges.reward_bench import Result
from sdg_ray.judges.tables import interval, reward_bench_table
from sdg_ray.scorers.judge import Judge
from tests.judges.test_agreement import ByWord, made
from tests.judges.test_reward_bench import SUBSETS
from tests.judges.world_pairs import help_steer_rows, reward_bench_rows, written
from tests.scorers.verdicts import Verdicts


def printed(*arguments: str) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    assert main(arguments, console) == 0
    return console.export_text()


def line(text: str, name: str) -> list[str]:
    """The cells of the last line that begins with a name: a heading may, too."""
    return next(line.split()[1:] for line in reversed(text.splitlines()) if line.split()[:1] == [name])


def test_run_is_compared_with_truth_in_one_table_of_all_its_scorers(tmp_path: Path) -> None:
    made(tmp_path, ByWord(name="world"), Judge(engine=Verdicts(word="yes")))
    text = printed("run=first", f"root={tmp_path}")
    own, _, rest = text.partition("the same ")
    same, _, orders = rest.partition("judges in both orders")
    assert "by the truth of world" in own
    pairs, apart, right, between, _, consistent = line(own, "judge")
    assert consistent == "100.0%"
    assert int(apart) <= int(pairs) and right == "100.0%" and between.endswith("-100%")
    assert 0 < float(line(own, "random")[2].rstrip("%")) < 100
    assert len(line(own, "reward")) == 5 and line(same, "judge")[0] == line(same, "judge")[-1] == "100.0%"
    compared, consistent, ties, silent, first = line(orders, "judge")
    assert int(compared) > int(ties) > 0 and (consistent, silent, first) == ("100.0%", "0", "50.0%")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give either run=NAME or bench=rewardbench or bench=helpsteer2; --help shows how"),
        (("run=a", "bench=rewardbench"), "give either run=NAME or bench="),
        (("bench=rewardbench",), "bench=rewardbench data=None: bench is rewardbench or helpsteer2, and data=FILE its"),
        (("bench=mtbench", "data=x.jsonl"), "bench=mtbench data=x.jsonl: bench is rewardbench or helpsteer2"),
        (("run=a", "root=5"), "root=5 is not of the type str"),
        (("bench=rewardbench", "data=5"), "data=5 is not of the type str"),
        (("run=a", "root=nowhere"), "there is no run 'a' below "),
        (("bench=rewardbench", "data=no.jsonl"), "source no.jsonl cannot be read"),
        (("bench=rewardbench", "data=no.jsonl", "ask=oracle"), "ask=oracle is none of the scorers reward, judge, rub"),
        (("bench=helpsteer2", "data=no.jsonl", "ask=judge"), "ask=judge gives no attributes, as helpsteer2 needs them"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(Refused, match=says):
        printed(*arguments)


def test_judge_that_leaves_no_room_for_a_prompt_is_refused_before_a_model_is_loaded(tmp_path: Path) -> None:
    data = written(tmp_path / "pairs.jsonl", reward_bench_rows(2, ["mine"]))
    with pytest.raises(
        Refused, match="model pocket/instruct has a context of 1024 tokens, so answers of max_tokens=40"
    ):
        printed("bench=rewardbench", f"data={data}", "ask=judge", "answer_tokens=4000")


def test_scorers_can_be_set_and_added_as_the_help_says(tmp_path: Path) -> None:
    data = written(tmp_path / "pairs.jsonl", reward_bench_rows(2, ["mine"]))
    asked = ("bench=rewardbench", f"data={data}")
    with pytest.raises(Refused, match="template mine.txt is no file that can be read"):
        printed(*asked, "ask=judge", "+scorers.judge.template=mine.txt")
    more = ("+scorer@scorers.strict=rubric", "scorers.strict.engine=${model.judge}", "+scorers.strict.rubric=strictly")
    with pytest.raises(Refused, match="has the rubric 'strictly'; name one of helpful"):
        printed(*asked, *more, "ask=[reward,strict]")


@pytest.mark.parametrize(
    ("part", "whole", "between"),
    [(50, 100, "40-60%"), (0, 10, "0-28%"), (0, 15, "0-20%"), (10, 10, "72-100%"), (0, 0, "")],
)
def test_interval_is_that_of_wilson(part: int, whole: int, between: str) -> None:
    assert interval(part, whole) == between


def test_subset_is_printed_as_the_file_names_it() -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    sections = {"mine [python]": 0.5, "mine [/b]": 1.0}
    console.print(reward_bench_table({"reward": Result(sections=sections, all=0.75, pairs=2, ties=0, untold=0)}))
    assert all(name in console.export_text(clear=False) for name in sections)


@pytest.mark.engine
def test_pocket_reward_prefers_right_answers_and_gives_the_attributes_of_its_world(tmp_path: Path) -> None:
    data = written(tmp_path / "pairs.jsonl", reward_bench_rows(92, SUBSETS))
    text = printed("bench=rewardbench", f"data={data}", "ask=reward")
    assert float(line(text, "overall")[0].rstrip("%")) > 65
    assert line(text, "pairs") == ["92"] and line(text, "untold") == ["0"]

    data = written(tmp_path / "graded.jsonl", help_steer_rows(120))
    text = printed("bench=helpsteer2", f"data={data}")
    assert "HelpSteer2, reward: 120 answers" in text
    assert float(line(text, "correctness")[0]) > 0.4 and float(line(text, "verbosity")[0]) > 0.4
