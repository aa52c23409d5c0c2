"""A model on vLLM, in this worker's process.

One thread owns the engine and steps it; requests reach it through a queue, so any number of shards may overlap and the
engine never drains between them. The engine core runs in this same process where VLLM_ENABLE_V1_MULTIPROCESSING=0,
which starts in a fifth of the time; elsewhere vLLM runs it in a child and this file does not notice.

Prompts go in as token ids, so a template is applied once; text comes out as vLLM decodes it.
"""

import asyncio
import contextlib
import gc
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdg_ray.config import runtime
from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling, Values, refuse_condemned
from sdg_ray.errors import Refused
from sdg_ray.record import Chat

POCKET = Path(__file__).parents[1] / "pocket" / "weights"
QUIET = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", "TORCH_CPP_LOG_LEVEL": "ERROR"}
PLACE = "[[here a user speaks]]"  # no template changes it, so what stands before it opens a user's turn
STEPPING = threading.Lock()  # vLLM keeps the batch being run in module globals: engines of one process take turns


@dataclass(frozen=True, kw_only=True)
class Vllm:
    """Which model, and how vLLM runs it.

    `name` is a folder, a name of the hub, or pocket/instruct and pocket/reward for the embedded family. A model that
    classifies gives its head's raw values; `arguments` are any further engine arguments of vLLM by name.
    """

    name: str
    revision: str | None = None
    classifies: bool = False
    dtype: str = "auto"
    quantization: str | None = None
    max_model_len: int | None = None  # tokens of prompt and answer together; by default what the model was made for
    chat_template: str | None = None  # a Jinja file, for a model that brings none
    tensor_parallel: int = runtime(1)
    pipeline_parallel: int = runtime(1)
    max_num_seqs: int = runtime(256)
    max_num_batched_tokens: int = runtime(8192)
    patience: float = runtime(600.0)  # seconds without a step of the engine while requests wait; then it hangs
    arguments: Mapping[str, Any] = runtime(factory=dict)
    environment: Mapping[str, str] = runtime(factory=dict)

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    def check(self, answer_tokens: int = 0) -> None:
        """Raise `Refused` where there is no such model, or its context has no room for `answer_tokens`."""
        if "://" in self.name:
            return  # streamed weights: only vLLM can look at them
        config = json.loads(self._config_file().read_text())
        made_for = config.get("max_position_embeddings")
        context = self.max_model_len or made_for
        if made_for and context > made_for:
            raise Refused(f"model {self.name} reads at most {made_for} tokens, not max_model_len={context}")
        if context and answer_tokens >= context:
            raise Refused(
                f"model {self.name} has a context of {context} tokens, so answers of max_tokens={answer_tokens} "
                "leave no room for a prompt; lower sampling.max_tokens"
            )
        if self.chat_template and not Path(self.chat_template).is_file():
            raise Refused(f"model {self.name}: there is no chat template {self.chat_template}")
        if self.patience <= 0:
            raise Refused(f"model {self.name}: patience must be above 0 seconds, not {self.patience:g}")

    def start(self) -> "Running":
        """Load the model: seconds for a small one, tens of minutes for the largest."""
        os.environ.update(self.variables)
        logging.getLogger("vllm").setLevel(logging.ERROR)
        try:
            with _no_collection():
                engine = self._load()
        except (ValueError, TypeError, OSError, RuntimeError) as error:
            raise Refused(f"model {self.name} could not be loaded: {_telling_line(error)}") from error
        template = Path(self.chat_template).read_text() if self.chat_template else None
        return Running(self, engine, template)

    def _load(self) -> Any:
        """vLLM, imported, and its engine."""
        from vllm.engine.arg_utils import EngineArgs
        from vllm.usage.usage_lib import UsageContext
        from vllm.v1.engine.llm_engine import LLMEngine

        gc.freeze()  # vLLM collects all garbage several times while it loads: what was just imported is none
        arguments = EngineArgs(**self.engine_arguments)
        return LLMEngine.from_engine_args(arguments, usage_context=UsageContext.LLM_CLASS)

    @property
    def variables(self) -> dict[str, str]:
        """The environment that vLLM is imported in."""
        return QUIET | dict(self.environment)

    @property
    def engine_arguments(self) -> dict[str, Any]:
        """What vLLM is told, by its own names."""
        return {
            "model": self.folder,
            "revision": self.revision,
            "runner": "pooling" if self.classifies else "generate",
            "dtype": self.dtype,
            "quantization": self.quantization,
            "max_model_len": self.max_model_len,
            "tensor_parallel_size": self.tensor_parallel,
            "pipeline_parallel_size": self.pipeline_parallel,
            "max_num_seqs": self.max_num_seqs,
            "max_num_batched_tokens": self.max_num_batched_tokens,
            "disable_log_stats": True,
            "use_tqdm_on_load": False,
            **self.arguments,
        }

    @property
    def folder(self) -> str:
        """Where the weights are: a folder here, or the name as it is for vLLM to find."""
        name = self.name
        return str(POCKET / name.removeprefix("pocket/")) if name.startswith("pocket/") else name

    def _config_file(self) -> Path:
        """The model's config.json: in its folder, or brought from the hub, which takes no time."""
        if (file := Path(self.folder) / "config.json").is_file():
            return file
        if not _is_hub_name(self.name) or Path(self.folder).exists():
            raise Refused(f"model {self.name} is not a folder with a config.json; give its path or a name of the hub")
        import huggingface_hub
        from huggingface_hub.errors import HfHubHTTPError

        try:
            return Path(huggingface_hub.hf_hub_download(self.name, "config.json", revision=self.revision))
        except (OSError, ValueError, HfHubHTTPError) as error:
            raise Refused(
                f"model {self.name} is no folder here and could not be found on the hub: {_telling_line(error)}"
            ) from error


class Running:
    """A model that is loaded, and the thread that steps its engine."""

    def __init__(self, config: Vllm, engine: Any, template: str | None) -> None:
        self.config, self.engine = config, engine
        self.context: int = engine.model_config.max_model_len
        self.tokenizer = engine.renderer.tokenizer
        self.template = template or self.tokenizer.get_chat_template()
        self.inbox: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self.waiting: dict[str, Request] = {}
        self.death: BaseException | None = None
        self.moved = time.monotonic()  # when the engine last took a request or made a step
        threading.Thread(target=self._serve, name="vllm", daemon=True).start()

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """`n` candidates for the next turn of `role`, drawn with the seeds `seed`, `seed` + 1, ..."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        refuse_condemned()
        tokens = self._tokens(chat, role)
        if len(tokens) >= self.context:
            raise BadRow(f"too long: the prompt has {len(tokens)} tokens, {self.config.name} takes {self.context - 1}")
        parameters = SamplingParams(
            n=n,
            seed=seed,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=min(sampling.max_tokens, self.context - len(tokens)),
            output_kind=RequestOutputKind.FINAL_ONLY,
            **_more(sampling.more, StructuredOutputsParams),
        )
        output = await self._ask(tokens, parameters)
        made = [
            Answer(text=each.text, finish=each.finish_reason or "error", tokens=len(each.token_ids))
            for each in sorted(output.outputs, key=lambda each: each.index)
        ]
        return Answers(candidates=made, prompt_tokens=len(tokens))

    async def classify(self, chat: Chat) -> Values:
        """The head's raw values on the last token of `chat`; vLLM would put them through a softmax by default."""
        from vllm import PoolingParams

        refuse_condemned()
        tokens = self._tokens(chat)
        if len(tokens) > self.context:
            raise BadRow(f"too long: {len(tokens)} tokens, {self.config.name} takes {self.context}")
        output = await self._ask(tokens, PoolingParams(task="classify", use_activation=False))
        return Values(values=output.outputs.data.tolist(), prompt_tokens=len(tokens))

    def _tokens(self, chat: Chat, role: str | None = None) -> list[int]:
        """The token ids of a conversation, with the start of the turn that is to come, if one is."""
        if role == "user":
            text = self._rendered([*chat, {"role": "user", "content": PLACE}]).partition(PLACE)[0]
        else:
            text = self._rendered(chat, add_generation_prompt=role is not None)
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _rendered(self, chat: Chat, **how: Any) -> str:
        return self.tokenizer.apply_chat_template(chat, chat_template=self.template, tokenize=False, **how)

    async def _ask(self, tokens: Sequence[int], parameters: Any) -> Any:
        """The finished output of one request."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self.death is not None:
            raise EngineDied(f"the engine of {self.config.name} died: {self.death!r}")
        self.inbox.put(Request(tokens, parameters, loop, future))
        while not future.done():
            self._look_after()
            await asyncio.wait([future], timeout=self.config.patience / 4)
        return future.result()

    def _look_after(self) -> None:
        """Give the engine up where it has not moved for too long, though there was something to do."""
        still = time.monotonic() - self.moved
        if not self.waiting or still < self.config.patience:
            return
        oldest = time.monotonic() - min(request.since for request in self.waiting.values())
        self.death = TimeoutError(f"no step for {still:.0f} s while {len(self.waiting)} requests waited")
        self._end_children()
        raise EngineDied(f"the engine of {self.config.name} hangs: {self.death}, the oldest for {oldest:.0f} s")

    def _end_children(self) -> None:
        """End the processes that an engine has of its own, for they hold GPUs; in a thread, as that may hang too."""
        from vllm.v1.engine.core_client import MPClient

        if isinstance(self.engine.engine_core, MPClient):
            threading.Thread(target=self.engine.engine_core.shutdown, name="shutdown", daemon=True).start()

    def _serve(self) -> None:
        """Step the engine for as long as there are requests; wait where there are none."""
        try:
            number = 0
            while True:
                while not self.waiting or not self.inbox.empty():
                    request, number = self.inbox.get(), number + 1
                    self.moved = time.monotonic()
                    self._add(str(number), request)
                with STEPPING:
                    outputs = self.engine.step()
                self.moved = time.monotonic()
                self._deliver([output for output in outputs if output.finished])
        except BaseException as error:  # whatever ends this thread ends the engine: everybody who waits has to know
            self.death = error
            died = EngineDied(f"the engine of {self.config.name} died: {error!r}")
            unsent = iter(lambda: None if self.inbox.empty() else self.inbox.get(), None)
            for request in (*self.waiting.values(), *unsent):
                request.loop.call_soon_threadsafe(request.fail, died)
            self._end_children()

    def _add(self, name: str, request: "Request") -> None:
        """Give the engine one request; one that it will not take fails alone."""
        from vllm.exceptions import VLLMClientError

        try:
            inputs = self.engine.renderer.render_cmpl([{"prompt_token_ids": list(request.tokens)}])[0]
            self.engine.add_request(name, inputs, request.parameters)
            self.waiting[name] = request
        except (ValueError, VLLMClientError) as error:
            request.loop.call_soon_threadsafe(request.fail, BadRow(f"not taken by the engine: {error}"))

    def _deliver(self, outputs: Sequence[Any]) -> None:
        """Hand finished outputs to those who wait: one wake-up of their loop for all of a step."""
        done: dict[asyncio.AbstractEventLoop, list[tuple[Request, Any]]] = {}
        for output in outputs:
            request = self.waiting.pop(output.request_id)
            done.setdefault(request.loop, []).append((request, output))
        for loop, finished in done.items():
            loop.call_soon_threadsafe(_finish, finished)


@dataclass(frozen=True, eq=False)
class Request:
    """One prompt on its way through the engine, and who waits for it."""

    tokens: Sequence[int]
    parameters: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    since: float = field(default_factory=time.monotonic)

    def fail(self, error: Exception) -> None:
        """Tell who waits, unless they have gone."""
        if not self.future.done():
            self.future.set_exception(error)


def _finish(finished: Sequence[tuple[Request, Any]]) -> None:
    for request, output in finished:
        if not request.future.done():
            request.future.set_result(output)


def _more(options: Mapping[str, Any], structured: Callable[..., Any]) -> dict[str, Any]:
    """Further sampling options as vLLM takes them: what an answer must be like is an object of its own there."""
    if "structured_outputs" not in options:
        return dict(options)
    return {**options, "structured_outputs": structured(**options["structured_outputs"])}


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without looking for garbage in between: a third of the time to import vLLM and load a small model goes there."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _is_hub_name(name: str) -> bool:
    return not name.startswith(("/", ".", "~", "pocket/")) and name.count("/") <= 1


def _telling_line(error: BaseException) -> str:
    """The line of a long message that says most: the first that is not a heading."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if not line.endswith(":") and "validation error" not in line), repr(error))
