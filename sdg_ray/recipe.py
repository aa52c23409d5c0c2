"""A recipe: where prompts come from and the steps they go through. What is made, not where or how fast.

    topics -> prompts -> unique -> responses -> reward -> selection -> preferences

`topics` and `unique` are there where the recipe has them, and are the only steps that concern the whole run: what comes
after them waits until they are through. Every other step has each shard to itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sdg_ray.config import identity
from sdg_ray.errors import Refused
from sdg_ray.prompts import Prompts
from sdg_ray.record import PROMPT
from sdg_ray.stage import Columns, Stage
from sdg_ray.unique import Unique

TOPICS, FIRST, UNIQUE = "topics", "prompts", "unique"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Prompts, and named stages; their order follows from the columns, not from the order in the config.

    Raises:
        Refused: a stage reads a column that nothing writes, two write the same one, or they wait for each other.
    """

    prompts: Prompts
    stages: Mapping[str, Stage]
    unique: Unique | None = None

    def __post_init__(self) -> None:
        _ = self.order  # every mistake in the wiring is found here, before a GPU is asked for

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps in order."""
        return tuple(step for phase in self.phases for step in phase)

    @property
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """The steps in groups: all shards go through a group before any goes on to the next."""
        before = ((TOPICS,),) if self.prompts.topics else ()
        if self.unique:
            return (*before, (FIRST,), (UNIQUE, *self.order))
        return (*before, (FIRST, *self.order))

    def shards_of(self, step: str) -> int:
        """How many shards a step has; the topics have one for each list."""
        return len(self.prompts.topics) if step == TOPICS else self.prompts.planned_shards

    @cached_property
    def made_by(self) -> dict[str, str]:
        """Which step makes each column."""
        made_by = dict.fromkeys(PROMPT.names, FIRST)
        if self.unique:
            made_by["error"] = UNIQUE  # a prompt that another one makes needless has an error from here on
        for name, stage in self.stages.items():
            for column in stage.writes.names:
                if column in made_by:
                    raise Refused(f"recipe: steps {name!r} and {made_by[column]!r} both write the column {column!r}")
                made_by[column] = name
        return made_by

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The stages, each after those whose columns it reads."""
        graph = {}
        for name, stage in self.stages.items():
            if missing := sorted(set(stage.reads) - self.made_by.keys()):
                raise Refused(
                    f"recipe: step {name!r} reads the column {missing[0]!r}, which no step writes; "
                    f"there are {', '.join(sorted(self.made_by))}"
                )
            graph[name] = {self.made_by[column] for column in stage.reads} - {FIRST, UNIQUE}
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise Refused(f"recipe: the steps {' and '.join(sorted(set(error.args[1])))} wait for each other") from None

    def sources(self, step: str) -> dict[str, list[str]]:
        """The columns `step` reads, by the step whose files they are in."""
        found: dict[str, list[str]] = {}
        for column in ("prompt_id", *self.stages[step].reads):
            columns = found.setdefault(self.made_by[column], ["prompt_id"])
            if column not in columns:
                columns.append(column)
        return found

    def identities(self) -> dict[str, Any]:
        """What each step is, together with what the steps are whose columns it reads."""
        prompts, known = identity(self.prompts), dict[str, Any]()
        if self.prompts.topics:
            known[TOPICS] = {name: prompts[name] for name in ("topics", "writer", "seed", "scale")}
        known[FIRST] = prompts
        if self.unique:
            known[UNIQUE] = identity(self.unique) | {"reads": {FIRST: prompts}}
        for name in self.order:
            stage = self.stages[name]
            upstream = sorted({self.made_by[column] for column in stage.reads})
            known[name] = identity(stage) | {"reads": {step: known[step] for step in upstream}}
        return known

    def check(self) -> None:
        """Raise `Refused` for whatever can be seen to be wrong before a model is loaded."""
        self.prompts.check()
        if self.unique:
            self.unique.check()
        for name in self.order:
            self.stages[name].check()

    def open(self, step: str) -> Columns:
        """The function of one stage, opened in this process."""
        return self.stages[step].open()


def recipe(*, prompts: Prompts, unique: Unique | None = None, scale: float = 1.0, **stages: Stage) -> Recipe:
    """A recipe from a config node in which each key is a step: `{prompts: ..., responses: ..., reward: ...}`.

    `scale` is the size of the run: all quotas of prompts and topics are times that.
    """
    for name, stage in stages.items():
        if not hasattr(stage, "writes"):
            raise Refused(f"recipe.{name} is {stage!r}, not a step; a step has a _target_ in sdg_ray.stages")
    return Recipe(prompts=replace(prompts, scale=scale), unique=unique, stages=stages)
