"""Published benchmarks as others measure them: tasks of EleutherAI's lm-eval, with its prompts, metrics and errors.

    Harness(engine=..., tasks={"ifeval": 0, "gsm8k": 5})      ifeval prompt_level_strict_acc 0.799 (0.765 to 0.833), ...

A model of this machine is loaded by lm-eval on vLLM, one behind an address is asked as a chat. Each task's figures are
written when it is through, so a command that was killed goes on with the task that it was at. What tasks would run of
a model's code never runs in this process: humaneval is our own task in the sandbox, and others like it are refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sdg_ray.config import identity
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.keys import hidden, secret
from sdg_ray.engines.wire import Malformed
from sdg_ray.errors import Refused
from sdg_ray.evaluate import humaneval, tasks
from sdg_ray.evaluate.figure import Figure, about, wilson, written
from sdg_ray.evaluate.lm import FAILURES, first_line, lm
from sdg_ray.sandbox import Sandbox


@dataclass(frozen=True, kw_only=True)
class Harness:
    """Tasks or groups of lm-eval by name, each with the number of examples that are shown before a question.

    With None a task shows as many as it says itself, and so do those of `only` that are not among `tasks`. `include` is
    a folder with further tasks, as lm-eval reads them; like a plug-in they may bring Python that runs here.
    """

    engine: Any
    tasks: Mapping[str, int | None]
    only: Sequence[str] = ()  # these; by default all of `tasks`
    limit: int | None = None  # only so many questions of each task
    chat: bool = True  # questions are put into the model's chat template
    include: str | None = None
    problems: str = humaneval.HUB  # of humaneval
    sandbox: Sandbox = field(default_factory=Sandbox)

    @property
    def asked(self) -> Mapping[str, int | None]:
        """The tasks that are measured."""
        return {name: self.tasks.get(name) for name in self.only or self.tasks}

    def settings(self) -> Mapping[str, Any]:
        """All that decides about the figures, besides the model's weights."""
        return identity(replace(self, tasks=self.asked, only=())) | {"lm_eval": version("lm_eval")}

    def check(self) -> None:
        """Raise `Refused` for whatever can be seen to be wrong before data is fetched or a model loaded."""
        if not self.asked:
            raise Refused("evaluation.tasks is empty; name at least one task, such as evaluation.tasks.gsm8k=5")
        if self.limit is not None and self.limit < 2:
            raise Refused(f"evaluation.limit must be at least 2, not {self.limit}: one question shows no error")
        if isinstance(self.engine, Endpoint) and (len(self.engine.addresses) > 1 or not self.chat):
            name = self.engine.name
            raise Refused(f"model {name}: lm-eval asks one address, as a chat; give one, with evaluation.chat=true")
        index = tasks.manager(self.include).task_index
        for name, shown in self.asked.items():
            if name != humaneval.NAME:
                tasks.check(name, shown, self.engine, index)
            elif shown:
                raise Refused(f"evaluation.tasks.{name}={shown} cannot be: it shows no examples; set it to 0")
            else:
                self.sandbox.check()

    def measure(self, to: str) -> list[Figure]:
        """The figures of all tasks; those of a task that is through are read from the folder `to`.

        Raises:
            Refused: a task's data or the model could not be had.
        """
        files = {name: Path(to) / "tasks" / f"{name}.json" for name in self.asked}
        missing = [name for name, file in files.items() if not file.exists()]
        loaded = {name: self._loaded(name) for name in missing}
        model = lm(self.engine) if missing else None
        for name in missing:
            results = self._results(name, model, loaded[name])
            _write_samples(files[name].with_suffix(".jsonl"), results["samples"])
            told: Mapping[str, Any] = results["results"]
            found = figures_of(name, told[name]) if name in told else []  # of a tag, and of some groups, only the tasks
            found = found or [figure for each, metrics in told.items() for figure in figures_of(each, metrics)]
            written(files[name], {"figures": [asdict(figure) for figure in found]})
        return [Figure(**each) for file in files.values() for each in json.loads(file.read_text())["figures"]]

    def _loaded(self, name: str) -> list[Any]:
        """A task with its data, or a group of tasks."""
        from datasets.exceptions import DatasetsError

        try:
            if name == humaneval.NAME:
                return [humaneval.task(self.problems, self.sandbox)]
            found = tasks.manager(self.include).load([name])
        except StopIteration:  # is what comes through where the first of no rows is looked for
            raise Refused(
                f"evaluation.tasks.{name}: its data is empty; it should have a question on each line"
            ) from None
        except (*FAILURES, DatasetsError) as error:
            raise Refused(f"evaluation.tasks.{name}: its data could not be had: {first_line(error)}") from error
        return [found["groups"][name]] if name in found.get("groups", {}) else list(found["tasks"].values())

    def _results(self, name: str, model: Any, loaded: Sequence[Any]) -> Mapping[str, Any]:
        """What lm-eval makes of one task. It asks through aiohttp, or through requests where it asks one at a time."""
        from aiohttp import ClientError
        from lm_eval import simple_evaluate
        from requests import RequestException

        shown = self.asked[name]
        try:
            return simple_evaluate(
                model=model,
                tasks=list(loaded),
                task_manager=tasks.manager(self.include),  # else lm-eval reads its thousands of files for each task
                num_fewshot=shown,
                limit=self.limit,
                apply_chat_template=self.chat,
                fewshot_as_multiturn=self.chat and bool(shown),
            )
        except (ClientError, RequestException, TimeoutError, json.JSONDecodeError, Malformed) as error:
            said = hidden(first_line(error), secret(getattr(self.engine, "key", None)))
            raise Refused(
                f"model {self.engine.name} did not answer all of {name}: {said}; tasks that are through are kept, and "
                "the same command goes on"
            ) from None


def figures_of(name: str, metrics: Mapping[str, Any]) -> list[Figure]:
    """The metrics of one task or group; a share of which all answers are alike has Wilson's interval."""
    found = []
    for key, value in metrics.items():
        metric, _, way = key.partition(",")
        if not way or metric.endswith("_stderr") or not isinstance(value, int | float):
            continue
        error, n = metrics.get(f"{metric}_stderr,{way}"), metrics["sample_len"]
        label = f"{name} {metric}" if way == "none" else f"{name} {metric} ({way})"
        figure = about(label, float(value), float(error) if isinstance(error, int | float) else None, n)
        if value in (0, 1) and not error:
            low, high = wilson(float(value), n)
            figure = Figure(name=label, value=float(value), low=low, high=high, n=n)
        found.append(figure)
    return found


def _write_samples(file: Path, samples: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Every question with what was answered, a line each, so that anybody can count again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"task": task, **each}, default=str) for task, rows in samples.items() for each in rows)
    file.write_text("".join(f"{line}\n" for line in lines))
