"""Whether the model that is to be measured is there and can be asked."""

import json
from pathlib import Path
from typing import Any

from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused, installed_by


def check(engine: Any, chat: bool = True) -> None:
    """Raise `Refused` where there is no such model or, for a `chat`, none that knows what a conversation looks like."""
    engine.check()
    here = chat and isinstance(engine, Vllm) and "://" not in engine.name
    if here and not engine.chat_template and not _has_template(engine):
        raise Refused(
            f"model {engine.name} has no chat template, so it cannot be asked as in a conversation; put a "
            "chat_template.jinja beside its tokenizer, or name a file with model.generator.chat_template=..."
        )


def _has_template(engine: Vllm) -> bool:
    folder = Path(engine.folder)
    config = folder / "tokenizer_config.json"
    if (folder / "chat_template.jinja").is_file() or (
        config.is_file() and json.loads(config.read_text()).get("chat_template")
    ):
        return True
    at: dict[str, Any] = {"local_files_only": True} if folder.is_dir() else {"revision": engine.revision}
    with installed_by("gpu"):
        from transformers import AutoTokenizer

    try:
        return bool(AutoTokenizer.from_pretrained(engine.folder, **at).chat_template)
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = (str(error) or repr(error)).splitlines()[0]
        raise Refused(f"model {engine.name} has no tokenizer that can be read: {said}") from error
