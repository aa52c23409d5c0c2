"""What is claimed of alignment, in miniature: each claim a table, over several seeds, with 95% intervals.

    python jobs/bench/alignment.py                          all of them: hours on two cores
    python jobs/bench/alignment.py tables=growth seeds=3    some of them

    tables=...   growth        weak to strong: is a student better than its teacher, round after round?
                 bases         the 2x2 of an earlier and a later base by the weak teacher's data and its student's
                 preferences   DPO against RPO on equal data: right answers, and what becomes of the chosen ones
                 collapse      four generations on data that is accumulated or replaced, filtered or not
                 code          code and general talk one after the other or mixed, with replay and without
                 judges        reward model, judge and rubric: whose pairs have the right answer first?
    seeds=3      how many
    beside=2     jobs at a time: the seeds do not wait for each other
    to=out/proofs     where everything is; killed, the same command goes on

All figures are of held-out questions of the pocket world, at temperature 0.7. An interval is Student's over the seeds:
it says how much another seed would move a value, and nothing of other models.
"""

import asyncio
import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.align import checkpoints
from sdg_ray.align.loop import do
from sdg_ray.align.rounds import CARD, FIGURES, MODEL, Rounds, Task
from sdg_ray.command import command, typed
from sdg_ray.config import build, compose
from sdg_ray.errors import Refused
from sdg_ray.evaluate import figures
from sdg_ray.judges.agreement import Agreement, agreement, sides
from sdg_ray.store import reopen

FOLLOWED = "form"
JOBS = Path(__file__).parents[1]
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # of the t distribution, two-sided 95%, by the number of seeds
Measured = Mapping[str, float]
"""A value for each line of a table, of one seed."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A table: what has to be done for one seed below a folder, and the values that are then there."""

    title: str
    tasks: Callable[[int, Path], list[Task]]
    measured: Callable[[int, Path], Measured]


def main(arguments: Sequence[str], console: Console) -> int:
    """Do what is not done yet, and print the tables."""
    options = typed(arguments, tables=",".join(PROOFS), seeds=3, beside=2, to="out/proofs")
    wanted, seeds, to = options["tables"].split(","), range(options["seeds"]), Path(options["to"]).absolute()
    if unknown := set(wanted) - PROOFS.keys():
        raise Refused(f"tables={unknown.pop()} is no table; there are {', '.join(PROOFS)}")
    if len(seeds) not in STUDENT:
        raise Refused(f"seeds={len(seeds)} cannot be; an interval takes from 2 to 5")
    for name in wanted:
        proof = PROOFS[name]
        chains = [in_turn(f"seed-{seed}", proof.tasks(seed, to / f"seed-{seed}")) for seed in seeds]
        tasks = [task for each in zip(*chains, strict=True) for task in each]  # no seed waits until another is done
        do(tasks, jobs=JOBS, logs=to / "logs", beside=options["beside"], console=console)
        console.print(shown(proof.title, [proof.measured(seed, to / f"seed-{seed}") for seed in seeds]))
    return 0


def in_turn(name: str, tasks: Sequence[Task]) -> list[Task]:
    """The tasks under the name of what they belong to, each after the one before."""
    named = [replace(task, name=f"{name} {task.name}") for task in tasks]
    return named[:1] + [replace(task, after=(before.name,)) for before, task in pairwise(named)]


def shown(title: str, by_seed: Sequence[Measured]) -> Table:
    """The mean of each line, its interval, and the value of each seed."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("", "mean", "95% interval", *(f"seed {i}" for i in range(len(by_seed)))):
        table.add_column(name, justify="right" if name else "left")
    for line in by_seed[0]:
        values = [each[line] for each in by_seed]
        mean = statistics.fmean(values)
        wide = STUDENT[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
        table.add_row(
            line, f"{mean:.3f}", f"{mean - wide:.3f} to {mean + wide:.3f}", *(f"{each:.3f}" for each in values)
        )
    return table


# the tables


def growth_tasks(seed: int, to: Path) -> list[Task]:
    """A first teacher from the early base and little data, as people might have written it; then three rounds."""
    plain, below = pocket(seed), to / "growth"
    sft, begun = plain.stages["sft"], below / "begun" / "data"
    taught, _ = student("teacher", sft, "pocket/base_early", begun, below, seed)
    bases = ("pocket/base_middle", "pocket/base")
    asked = [*plain.generate, "recipe.prompts.families.world.quota=1500"]
    rounds = replace(plain, teacher=str(below / "teacher"), bases=bases, generate=asked).tasks(3, below)
    return [*_written("begun", EVERYTHING, 300, below, seed), taught, *rounds]


def growth(seed: int, to: Path) -> Measured:
    """The first teacher, every student, and how much better each is than its teacher."""
    right = [_right(to / "growth" / f"round-{number}") for number in range(4)]
    students = {f"student of round {number}": right[number] for number in (1, 2, 3)}
    gains = {f"student less teacher, round {number}": right[number] - right[number - 1] for number in (1, 2, 3)}
    return {"first teacher": right[0]} | students | gains


BASES = ("base_early", "base")


def bases_tasks(seed: int, to: Path) -> list[Task]:
    """Two bases, each by SFT on the data of the first round of `growth` and on that of its third."""
    made, sft = growth_tasks(seed, to), pocket(seed).stages["sft"]
    for base in BASES:
        for number in (1, 3):
            data = to / "growth" / f"round-{number}" / "data"
            made += student(f"{base}-{number}", sft, f"pocket/{base}", data, to / "bases", seed)
    return made


def bases(seed: int, to: Path) -> Measured:
    """The four, and what a later base and the student's data bring by themselves."""
    right = {(base, number): _right(to / "bases" / f"{base}-{number}") for base in BASES for number in (1, 3)}
    lines = {f"{base} on data of round {number}": value for (base, number), value in right.items()}
    later = statistics.fmean(right["base", number] - right["base_early", number] for number in (1, 3))
    better = statistics.fmean(right[base, 3] - right[base, 1] for base in BASES)
    return lines | {"later base, same data": later, "a later teacher's data, same base": better}


PREFERENCES = {  # the rate and the weights of conf/align.yaml, and DPO as it was before it had an NLL term
    "dpo": ("stage=dpo", "stages.dpo.loss.nll=0"),
    "dpo-nll": ("stage=dpo",),
    "rpo": ("stage=rpo",),
    "rpo-forward": ("stage=rpo", "stages.rpo.loss.distance=forward_kl"),
    "rpo-squared": ("stage=rpo", "stages.rpo.loss.distance=squared"),
    "dpo-fast": ("stage=dpo", "stages.dpo.loss.nll=0", "stages.dpo.training.rate=2e-4"),
    "rpo-fast": ("stage=rpo", "stages.rpo.training.rate=2e-4"),
}


def preferences_tasks(seed: int, to: Path) -> list[Task]:
    """An SFT student of the early Instruct, trained on the same pairs in each way."""
    plain, below = pocket(seed), to / "preferences"
    first = below / "round-1"
    made = replace(plain, stages={"sft": plain.stages["sft"]}).tasks(1, below)
    for name, typed_ in PREFERENCES.items():
        made += student(name, (*typed_, "threads=1"), str(first / "sft"), first / "data", below, seed)
    return made


def preferences(seed: int, to: Path) -> Measured:
    """Right answers, instructions followed, and how far the likelihood of chosen answers has moved, in nats."""
    below = to / "preferences"
    found = {"sft: right": _right(below / "round-1"), "sft: form followed": _figure(below / "round-1", FOLLOWED)}
    for name in PREFERENCES:
        found[f"{name}: right"] = _right(below / name)
        found[f"{name}: form followed"] = _figure(below / name, FOLLOWED)
        found[f"{name}: chosen moved, nats"] = _last(below / name, "chosen_moved")
    for how in ("", "-fast"):
        for what in ("right", "form followed", "chosen moved, nats"):
            found[f"rpo{how} less dpo{how}: {what}"] = found[f"rpo{how}: {what}"] - found[f"dpo{how}: {what}"]
    return found


GENERATIONS = 4
UNFILTERED = ("~recipe.selection.filters.world",)
COLLAPSE = {
    "accumulate-filtered": ("accumulate", ()),
    "accumulate-unfiltered": ("accumulate", UNFILTERED),
    "replace-filtered": ("replace", ()),
    "replace-unfiltered": ("replace", UNFILTERED),
}


def collapse_tasks(seed: int, to: Path) -> list[Task]:
    """Four generations in each of four ways, from the same teacher and on the same base; two of them are measured."""
    ways = {name: _generations(name, seed).tasks(GENERATIONS, to / "collapse" / name) for name in COLLAPSE}
    between = {f"round-{number} evaluate" for number in (0, *range(2, GENERATIONS))}
    kept = {name: [task for task in tasks if task.name not in between] for name, tasks in ways.items()}
    return [task for name, tasks in kept.items() for task in in_turn(name, tasks)]


def collapse(seed: int, to: Path) -> Measured:
    """Right answers and diversity of the first and the last generation."""
    found = {}
    for name in COLLAPSE:
        for number in (1, GENERATIONS):
            folder = to / "collapse" / name / f"round-{number}"
            found[f"{name}, generation {number}: right"] = _right(folder)
            found[f"{name}, generation {number}: distinct-2"] = _figure(folder, "distinct-2")
    return found


def _generations(name: str, seed: int) -> Rounds:
    keep, more = COLLAPSE[name]
    small = ["recipe.prompts.families.world.quota=500", "recipe.responses.n=2", *more]
    plain = pocket(seed)
    return replace(plain, keep=keep, generate=[*plain.generate, *small], stages={"sft": plain.stages["sft"]})


EVERYTHING = "[fact,arithmetic,list,string,python,format,document,dialogue]"
CODE = {"code": ("[python]", 300), "general": (EVERYTHING.replace("python,", ""), 800)}
LEARNT = ("stages.{}.loss.longest=256", "stages.{}.training.batch=16", "stages.{}.training.epochs=4", "threads=1")


def code_tasks(seed: int, to: Path) -> list[Task]:
    """Code and general talk by Instruct; then one stage after the other, with replay and without, and both at once."""
    below = to / "code"
    made = [task for name, (kinds, quota) in CODE.items() for task in _written(name, kinds, quota, below, seed)]
    code, general = (below / name / "data" for name in CODE)
    first = student("code", _learnt("code"), "pocket/base", code, below, seed)
    after = str(below / "code")
    staged = student("staged", _learnt("general"), after, general, below, seed)
    replayed = (*_learnt("general"), f"replay.data={code}")
    both = f"[{code},{general}]"
    return [
        *made, *first, *staged, *student("staged-replay", replayed, after, general, below, seed),
        *student("mixed", _learnt("sft"), "pocket/base", both, below, seed),
    ]  # fmt: skip


def code(seed: int, to: Path) -> Measured:
    """Python and everything, after each way."""
    ways = ("code", "staged", "staged-replay", "mixed")
    python = {f"{name}: right, Python": _figure(to / "code" / name, "right: python") for name in ways}
    return python | {f"{name}: right": _right(to / "code" / name) for name in ways}


def _learnt(stage: str) -> tuple[str, ...]:
    return (f"stage={stage}", *(each.format(stage) for each in LEARNT))


def _written(name: str, kinds: str, quota: int, below: Path, seed: int) -> list[Task]:
    """What Instruct answers to some kinds of questions, and its export."""
    world = f"recipe.prompts.families.world.kinds={kinds}", f"recipe.prompts.families.world.quota={quota}"
    run = f"run={name}", f"root={below / 'runs'}"
    data = below / name / "data"
    asked = ("recipe=rounds", "model=pocket", "cluster=local", *world, *run, f"recipe.prompts.seed={seed}")
    wanted = ("by=world", "sft=all_kept", "validation=0", *run, "format=trl", f"to={data}")
    return [
        Task(name=f"generate {name}", job="generate", arguments=asked, after=(), made=data / CARD),
        Task(name=f"export {name}", job="export", arguments=wanted, after=(), made=data / CARD),
    ]


def judges_tasks(seed: int, to: Path) -> list[Task]:
    """Questions of the world that three models answer, and everybody's opinion of the answers."""
    asked = ("recipe=judged", "generators=three", "model=pocket", "cluster=local", f"recipe.prompts.seed={seed}")
    run = ("run=judged", f"root={to / 'judges'}")
    return [
        Task(name="judged", job="generate", arguments=(*asked, *run), after=(), made=to / "judges/judged/report.html")
    ]


def judges(seed: int, to: Path) -> Measured:
    """Of the pairs that each would make, how many there are for a prompt, and how often the right answer is first."""
    store = reopen(str(to / "judges"), "judged")
    found = asyncio.run(agreement(store, asyncio.run(sides(store))))
    lines: dict[str, float] = {}
    for each in found:
        apart = each.own["right"] + each.own["wrong"]
        lines[f"{each.name}: pairs that truth tells apart"] = apart
        lines[f"{each.name}: right first"] = each.own["right"] / apart if apart else math.nan
        lines[f"{each.name}: right first, of all pairs"] = _credit(each)
    return lines


def _credit(of: Agreement) -> float:
    """Of every right answer against every wrong one; what is undecided counts a half."""
    return (of.same["right"] + (of.same["tie"] + of.same["untold"]) / 2) / of.same.total()


# what they are made of


def pocket(seed: int) -> Rounds:
    """conf/alignment/pocket.yaml with another seed."""
    rounds = build(compose("rounds", ["rounds=1", f"align.seed={seed}"]).align)
    assert isinstance(rounds, Rounds)
    return rounds


def student(name: str, typed_: Sequence[str], model: str, data: Path | str, below: Path, seed: int) -> list[Task]:
    """A model trained in one stage, in `below`/`name`, and its evaluation."""
    folder, stage = below / name, typed_[0].removeprefix("stage=")
    arguments = (*typed_, f"stages.{stage}.training.seed={seed}", f"data={data}", f"model={model}", f"to={folder}")
    training = Task(name=f"{below.name} {name}", job="align", arguments=arguments, after=(), made=folder / MODEL)
    return [training, evaluated(name, folder, below)]


def evaluated(name: str, model: Path, below: Path) -> Task:
    """The evaluation of a model, in `below`/`name`."""
    to = below / name / "evaluation"
    return Task(name=f"{below.name} {name} evaluate", job="evaluate", after=(), made=to / FIGURES,
                arguments=("on=world", f"model={model}", f"to={to}"))  # fmt: skip


def _right(folder: Path) -> float:
    return _figure(folder, "right")


def _figure(folder: Path, name: str) -> float:
    return next(figure.value for figure in figures(folder / "evaluation") if figure.name == name)


def _last(folder: Path, name: str) -> float:
    """The last value of what a training has logged."""
    newest = checkpoints.newest(folder / "checkpoints")
    if newest is None:
        raise Refused(f"{folder} has no checkpoint to read {name} from; delete the folder, and it is trained again")
    log = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    return float([line[name] for line in log if name in line][-1])


PROOFS = {
    "growth": Proof(title="weak to strong: right answers", tasks=growth_tasks, measured=growth),
    "bases": Proof(title="base by data: right answers", tasks=bases_tasks, measured=bases),
    "preferences": Proof(title="DPO against RPO on the same pairs", tasks=preferences_tasks, measured=preferences),
    "collapse": Proof(title="accumulate against replace", tasks=collapse_tasks, measured=collapse),
    "judges": Proof(title="reward model, judge and rubric", tasks=judges_tasks, measured=judges),
    "code": Proof(title="code and general: staged or mixed", tasks=code_tasks, measured=code),
}


if __name__ == "__main__":
    command(main, __doc__)
