"""A model on vLLM, in this worker's process.

The engine core runs in this same process where VLLM_ENABLE_V1_MULTIPROCESSING=0, which starts in a fifth of the time;
elsewhere vLLM runs it in a child. What is loaded, and how it is asked, is in `running.py`.

Prompts go in as token ids, so a template is applied once; text comes out as vLLM decodes it.
"""

import contextlib
import gc
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_ray.config import runtime
from sdg_ray.engines.running import Running
from sdg_ray.engines.weights import folder_of, model_name
from sdg_ray.errors import Refused, installed_by
from sdg_ray.template import worded

QUIET = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", "TORCH_CPP_LOG_LEVEL": "ERROR"}


@dataclass(frozen=True, kw_only=True)
class Vllm:
    """Which model, and how vLLM runs it.

    `name` is a folder, a name of the hub, or pocket/instruct and pocket/reward for the embedded family. A model that
    classifies gives its head's raw values; `arguments` are any further engine arguments of vLLM by name.
    """

    name: str = model_name()
    revision: str | None = None
    classifies: bool = False
    dtype: str = "auto"
    quantization: str | None = None
    max_model_len: int | None = None  # tokens of prompt and answer together; by default what the model was made for
    chat_template: str | None = worded(None)  # a Jinja file, for a model that brings none
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

    def start(self) -> Running:
        """Load the model: seconds for a small one, tens of minutes for the largest."""
        os.environ.update(self.variables)
        logging.getLogger("vllm").setLevel(logging.ERROR)
        try:
            with _no_collection():
                engine = self._load()
        except (ValueError, TypeError, OSError, RuntimeError) as error:
            raise Refused(f"model {self.name} could not be loaded: {_telling_line(error)}") from error
        template = Path(self.chat_template).read_text() if self.chat_template else None
        return Running(self.name, engine, template, self.patience)

    def _load(self) -> Any:
        """vLLM, imported, and its engine."""
        with installed_by("gpu"):
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
        return folder_of(self.name)

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
