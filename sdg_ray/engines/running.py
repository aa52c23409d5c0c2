"""A model that is loaded on vLLM, and the thread that steps its engine.

One thread owns the engine and steps it; requests reach it through a queue, so any number of shards may overlap and the
engine never drains between them. An engine that makes no step for too long, though requests wait, is given up.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdg_ray.engines import Answer, Answers, BadRow, EngineDied, Sampling, Values, refuse_condemned
from sdg_ray.record import Chat

PLACE = "[[here a user speaks]]"  # no template changes it, so what stands before it opens a user's turn
STEPPING = threading.Lock()  # vLLM keeps the batch being run in module globals: engines of one process take turns
LOOK = 5.0  # seconds between two looks at an engine that is waited for


class Running:
    """A model that is loaded, and the thread that steps its engine."""

    def __init__(self, name: str, engine: Any, template: str | None, patience: float) -> None:
        from vllm.v1.engine.core_client import MPClient

        self.name, self.engine, self.patience = name, engine, patience
        self.apart = isinstance(engine.engine_core, MPClient)  # vLLM runs it in processes of its own
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
            raise BadRow(f"too long: the prompt has {len(tokens)} tokens, {self.name} takes {self.context - 1}")
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
            raise BadRow(f"too long: {len(tokens)} tokens, {self.name} takes {self.context}")
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
            raise EngineDied(f"the engine of {self.name} died: {self.death!r}")
        self.inbox.put(Request(tokens, parameters, loop, future))
        while not future.done():
            self._look_after()
            await asyncio.wait([future], timeout=min(LOOK, self.patience / 4))
        return future.result()

    def _look_after(self) -> None:
        """Give the engine up where its process is gone, or it has not moved for too long though there was work."""
        if self.apart and self.engine.engine_core.resources.engine_dead:
            self.death = self.death or ChildProcessError("its process is gone")
            raise EngineDied(f"the engine of {self.name} died: {self.death!r}")
        still = time.monotonic() - self.moved
        if not self.waiting or still < self.patience:
            return
        oldest = time.monotonic() - min(request.since for request in self.waiting.values())
        self.death = TimeoutError(f"no step for {still:.0f} s while {len(self.waiting)} requests waited")
        self._end_children()
        raise EngineDied(f"the engine of {self.name} hangs: {self.death}, the oldest for {oldest:.0f} s")

    def _end_children(self) -> None:
        """End the processes that an engine has of its own, for they hold GPUs; in a thread, as that may hang too."""
        if self.apart:
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
                with contextlib.nullcontext() if self.apart else STEPPING:
                    outputs = self.engine.step()
                self.moved = time.monotonic()
                self._deliver([output for output in outputs if output.finished])
        except BaseException as error:  # whatever ends this thread ends the engine: everybody who waits has to know
            self.death = error
            died = EngineDied(f"the engine of {self.name} died: {error!r}")
            unsent = iter(lambda: None if self.inbox.empty() else self.inbox.get(), None)
            for request in (*self.waiting.values(), *unsent):
                _call(request.loop, request.fail, died)
            self._end_children()

    def _add(self, name: str, request: "Request") -> None:
        """Give the engine one request; one that it will not take fails alone."""
        from vllm.exceptions import VLLMClientError

        try:
            inputs = self.engine.renderer.render_cmpl([{"prompt_token_ids": list(request.tokens)}])[0]
            self.engine.add_request(name, inputs, request.parameters)
            self.waiting[name] = request
        except (ValueError, VLLMClientError) as error:
            _call(request.loop, request.fail, BadRow(f"not taken by the engine: {error}"))

    def _deliver(self, outputs: Sequence[Any]) -> None:
        """Hand finished outputs to those who wait: one wake-up of their loop for all of a step."""
        done: dict[asyncio.AbstractEventLoop, list[tuple[Request, Any]]] = {}
        for output in outputs:
            request = self.waiting.pop(output.request_id)
            done.setdefault(request.loop, []).append((request, output))
        for loop, finished in done.items():
            _call(loop, _finish, finished)


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


def _call(loop: asyncio.AbstractEventLoop, tell: Callable[..., None], *said: Any) -> None:
    """Tell somebody in his own loop; where that has ended nobody waits any more, and others go on being served."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(tell, *said)


def _finish(finished: Sequence[tuple[Request, Any]]) -> None:
    for request, output in finished:
        if not request.future.done():
            request.future.set_result(output)


def _more(options: Mapping[str, Any], structured: Callable[..., Any]) -> dict[str, Any]:
    """Further sampling options as vLLM takes them: what an answer must be like is an object of its own there."""
    if "structured_outputs" not in options:
        return dict(options)
    return {**options, "structured_outputs": structured(**options["structured_outputs"])}
