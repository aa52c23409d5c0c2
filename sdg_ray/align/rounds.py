"""Weak to strong, round by round: which jobs make a teacher into the next one, as anybody could type them.

    round 1    generate   the teacher answers, and its answers are judged and paired       jobs/generate.py
               export     the kept answers and the pairs, as rows to train on              jobs/export.py
               sft ...    a base model becomes the student, stage by stage                 jobs/align.py
               evaluate   the student on questions that nobody was trained on              jobs/evaluate.py
    round 2    generate   the student is the teacher ...

A student begins with a base model and not with its teacher (Nemotron-4 340B, section 3.2.4). Nothing here knows how far
it all is: each job goes on by itself where it was, and what it makes is there when it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import OmegaConf

from sdg_ray.config import compose, runtime
from sdg_ray.errors import Refused

KEEP = ("accumulate", "replace")
CARD, MODEL, FIGURES = "README.md", "config.json", "figures.json"  # the last file of an export, a model, an evaluation
JUDGE = "the-reward-model-of-the-round-before"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One job with its arguments, to be begun after other tasks, and done when `made` is there."""

    name: str
    job: str
    arguments: tuple[str, ...]
    after: tuple[str, ...]
    made: Path


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """What every round does; arguments are those of the jobs.

    `teacher` answers in the first round. Round i trains on `bases[i]`, or the last of them. With `keep=accumulate` a
    student learns from what all teachers so far have written, with `replace` only from the last one: replacing is
    where models were seen to collapse (2404.01413). `stages` are trained in their order, each from the one before.
    `judge`, if any, are the arguments of a reward model that each round trains on its student, and that judges in the
    next round. `shown` are figures of the evaluation by name, for the table in the end.
    """

    teacher: str
    bases: Sequence[str]
    generate: Sequence[str]
    export: Sequence[str]
    stages: Mapping[str, Sequence[str]]
    evaluate: Sequence[str]
    judge: Sequence[str] = ()
    keep: str = "accumulate"
    seed: int = 0
    shown: Sequence[str] = runtime(())

    def __post_init__(self) -> None:
        if self.keep not in KEEP:
            raise Refused(f"keep={self.keep} cannot be; it is {' or '.join(KEEP)}")
        if not self.bases or not self.stages:
            raise Refused("rounds need at least one of bases, and one of stages, to make a student")
        if bad := [name for name, typed in self.stages.items() if not typed or not typed[0].startswith("stage=")]:
            raise Refused(f"stages.{bad[0]} has to begin with stage=..., as jobs/align.py takes it")

    def check(self) -> None:
        """Raise `Refused` where each round would train a reward model that the recipe never asks."""
        if not self.judge:
            return
        cfg = compose("generate", [*self.generate, f"model.reward.name={JUDGE}"])
        if JUDGE not in OmegaConf.to_yaml(cfg.recipe):
            recipe = next((each for each in self.generate if each.startswith("recipe=")), "the recipe")
            raise Refused(f"align.judge trains a reward model, and {recipe} asks none; leave it out, or take a recipe "
                          "that does: \"align.generate=['recipe=world','model=pocket','cluster=local']\"")  # fmt: skip

    def tasks(self, rounds: int, to: Path) -> list[Task]:
        """All of them, in an order in which they can be done one by one; the first measures the teacher."""
        if not isinstance(rounds, int) or rounds < 1:
            raise Refused(f"rounds={rounds} does nothing; give at least 1")
        each = [Round(all=self, number=number, to=to) for number in range(1, rounds + 1)]
        return [each[0].evaluation(self.teacher, to / "round-0"), *(task for one in each for task in one.tasks())]


@dataclass(frozen=True, kw_only=True)
class Round:
    """One of them, which has number `number`, from 1 on; everything is below `to`."""

    all: Rounds
    number: int
    to: Path

    @property
    def folder(self) -> Path:
        """What this round makes, besides its run."""
        return self.to / f"round-{self.number}"

    @property
    def runs(self) -> Path:
        """Where the runs of all rounds are."""
        return self.to / "runs"

    @property
    def before(self) -> "Round":
        """The round before."""
        return Round(all=self.all, number=self.number - 1, to=self.to)

    @property
    def base(self) -> str:
        """The model that the student begins with."""
        return self.all.bases[min(self.number, len(self.all.bases)) - 1]

    @property
    def student(self) -> Path:
        """What the last stage makes."""
        return self.folder / list(self.all.stages)[-1]

    @property
    def teacher(self) -> str:
        """The model that answers: the student of the round before."""
        return self.all.teacher if self.number == 1 else str(self.before.student)

    @property
    def judge(self) -> Path:
        """The reward model that is trained on the student."""
        return self.folder / "judge"

    def tasks(self) -> list[Task]:
        """Everything, in its order."""
        trained = [self._training(name) for name in self.all.stages]
        judge = [self._judge()] if self.all.judge else []
        return [self._generation(), self._export(), *trained, *judge, self.evaluation(str(self.student), self.folder)]

    def evaluation(self, model: str, folder: Path) -> Task:
        """A model on questions that nobody was trained on: the student, or the first teacher in `round-0`."""
        after, to = (self._name(self.student.name),) if folder == self.folder else (), folder / "evaluation"
        arguments = (*self.all.evaluate, f"model={model}", f"to={to}")
        return Task(name=f"{folder.name} evaluate", job="evaluate", arguments=arguments, after=after, made=to / FIGURES)

    def _generation(self) -> Task:
        """How far a run is, it knows itself; once it is exported, it is not asked any more."""
        after: tuple[str, ...] = ()
        judged: list[str] = []
        if self.number > 1:
            after = (self.before._name(self.before.student.name),)
        if self.number > 1 and self.all.judge:
            after = (*after, self.before._name("judge"))
            judged = [f"model.reward.name={self.before.judge}"]
        arguments = (
            *self.all.generate, *judged, f"model.generator.name={self.teacher}",
            f"recipe.prompts.seed={self.all.seed * 1000 + self.number}", f"run={self.folder.name}", f"root={self.runs}",
        )  # fmt: skip
        made = self.folder / "data" / CARD
        return Task(name=self._name("generate"), job="generate", arguments=arguments, after=after, made=made)

    def _export(self) -> Task:
        typed = (*self.all.export, f"run={self.folder.name}", f"root={self.runs}", "format=trl")
        return self._made("export", "export", typed, "generate", self.folder / "data", CARD)

    def _training(self, name: str) -> Task:
        names = list(self.all.stages)
        place, typed = names.index(name), self.all.stages[name]
        model = self.folder / names[place - 1] if place else self.base
        since = 1 if self.all.keep == "accumulate" else self.number
        data = ",".join(str(self.to / f"round-{number}" / "data") for number in range(since, self.number + 1))
        seed = f"stages.{typed[0].removeprefix('stage=')}.training.seed={self.all.seed}"
        return self._made(name, "align", (*typed, seed, f"data=[{data}]", f"model={model}"),
                          names[place - 1] if place else "export", self.folder / name, MODEL)  # fmt: skip

    def _judge(self) -> Task:
        seed = f"stages.reward.training.seed={self.all.seed}"
        typed = ("stage=reward", seed, *self.all.judge, f"model={self.student}")
        return self._made("judge", "align", typed, self.student.name, self.judge, MODEL)

    def _made(self, name: str, job: str, typed: Sequence[str], after: str, to: Path, last: str) -> Task:
        """A task that makes the folder `to`, complete with its file `last`."""
        return Task(name=self._name(name), job=job, arguments=(*typed, f"to={to}"), after=(self._name(after),),
                    made=to / last)  # fmt: skip

    def _name(self, what: str) -> str:
        return f"{self.folder.name} {what}"
