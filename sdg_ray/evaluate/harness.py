"""Published benchmarks as others measure them: tasks of EleutherAI's lm-eval, with its prompts, metrics and errors.

    Harness(engine=..., tasks={"ifeval": 0, "gsm8k": 5})      ifeval prompt_level_strict_acc 0.799 (0.765 to 0.833), ...

A model of this machine is loaded by lm-eval on vLLM, one behind an address is asked as a chat. Each task's figures are
written when it is through, so a command that was killed goes on with the task that it was at. What tasks would run of
a model's code never runs in this process: humaneval is our own task in the sandbox, and others like it are refused.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sdg_ray.config import identity
from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.keys import secret
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused
from sdg_ray.evaluate import humaneval, tasks
from sdg_ray.evaluate.figure import Figure, about, wilson, written
from sdg_ray.sandbox import Sandbox

FAILURES = (ValueError, TypeError, OSError, RuntimeError, ImportError, KeyError, IndexError)  # of what lm-eval calls


@dataclass(frozen=True, kw_only=True)
class Harness:
    """Tasks or groups of lm-eval by name, each with the number of examples that are shown before a question.

    With None a task shows as many as it says itself. `include` is a folder with further tasks, as lm-eval reads them;
    like a plug-in they may bring Python that runs here.
    """

    engine: Any
    tasks: Mapping[str, int | None]
    limit: int | None = None  # only so many questions of each task
    chat: bool = True  # questions are put into the model's chat template
    include: str | None = None
    problems: str = humaneval.HUB  # of humaneval
    sandbox: Sandbox = field(default_factory=Sandbox)

    def settings(self) -> Mapping[str, Any]:
        """All that decides about the figures, besides the model's weights."""
        return identity(self) | {"lm_eval": version("lm_eval")}

    def check(self) -> None:
        """Raise `Refused` for whatever can be seen to be wrong before data is fetched or a model loaded."""
        if not self.tasks:
            raise Refused("evaluation.tasks is empty; name at least one task, such as evaluation.tasks.gsm8k=5")
        if self.limit is not None and self.limit < 1:
            raise Refused(f"evaluation.limit must be at least 1, not {self.limit}")
        if isinstance(self.engine, Endpoint) and (len(self.engine.addresses) > 1 or not self.chat):
            name = self.engine.name
            raise Refused(f"model {name}: lm-eval asks one address, as a chat; give one, with evaluation.chat=true")
        index = tasks.manager(self.include).task_index
        for name, shown in self.tasks.items():
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
        files = {name: Path(to) / "tasks" / f"{name}.json" for name in self.tasks}
        missing = [name for name, file in files.items() if not file.exists()]
        loaded = {name: self._loaded(name) for name in missing}
        model = self._model() if missing else None
        for name in missing:
            results = self._results(name, model, loaded[name])
            _write_samples(files[name].with_suffix(".jsonl"), results["samples"])
            told = [name] if name in results["results"] else list(results["results"])  # of a tag, each of its tasks
            found = [asdict(figure) for each in told for figure in figures_of(each, results["results"][each])]
            written(files[name], {"figures": found})
        return [Figure(**each) for file in files.values() for each in json.loads(file.read_text())["figures"]]

    def _loaded(self, name: str) -> list[Any]:
        """A task with its data, or a group of tasks."""
        try:
            if name == humaneval.NAME:
                return [humaneval.task(self.problems, self.sandbox)]
            found = tasks.manager(self.include).load([name])
        except FAILURES as error:
            raise Refused(f"evaluation.tasks.{name}: its data could not be had: {_first_line(error)}") from error
        return [found["groups"][name]] if name in found.get("groups", {}) else list(found["tasks"].values())

    def _model(self) -> Any:
        """The model as lm-eval asks it."""
        from lm_eval.api.registry import get_model

        engine = self.engine
        if isinstance(engine, Vllm):
            return _on_vllm(engine)
        engine.start()  # asks whether the address is there and has the model
        return get_model("local-chat-completions")(
            model=engine.name,
            base_url=f"{engine.addresses[0].rstrip('/')}/chat/completions",
            num_concurrent=engine.concurrency,
            max_retries=engine.attempts,
            timeout=int(engine.timeout),
            header={"Authorization": f"Bearer {secret(engine.key)}"},
        )

    def _results(self, name: str, model: Any, loaded: Sequence[Any]) -> Mapping[str, Any]:
        """What lm-eval makes of one task."""
        from lm_eval import simple_evaluate

        shown = self.tasks[name]
        return simple_evaluate(
            model=model,
            tasks=list(loaded),
            num_fewshot=shown,
            limit=self.limit,
            apply_chat_template=self.chat,
            fewshot_as_multiturn=self.chat and bool(shown),
        )


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


def _on_vllm(engine: Vllm) -> Any:
    """The model, loaded with the settings that it has in a run."""
    os.environ.update(engine.variables)
    logging.getLogger("vllm").setLevel(logging.ERROR)
    given = dict(engine.engine_arguments)
    try:
        from lm_eval.api.registry import get_model

        model = get_model("vllm")(pretrained=given.pop("model"), batch_size="auto", **given)
    except FAILURES as error:
        raise Refused(f"model {engine.name} could not be loaded: {_first_line(error)}") from error
    if engine.chat_template:
        model.hf_chat_template = Path(engine.chat_template).read_text()
    return model


def _write_samples(file: Path, samples: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Every question with what was answered, a line each, so that anybody can count again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"task": task, **each}, default=str) for task, rows in samples.items() for each in rows)
    file.write_text("".join(f"{line}\n" for line in lines))


def _first_line(error: BaseException) -> str:
    return (str(error) or repr(error)).strip().splitlines()[0]
