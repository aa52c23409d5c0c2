"""The model that is measured: which weights it has, and that it can be asked.

    known(Vllm(name="out/dpo"))    {"name": "out/dpo", ..., "weights": {"model.safetensors": "5242880 3f2a..."}}

A folder keeps its name when it is trained again; so its weights are looked at: sizes, and samples of all their bytes.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdg_ray.config import identity
from sdg_ray.engines.vllm import Vllm
from sdg_ray.errors import Refused, installed_by

PIECES, PIECE = 64, 1 << 14  # of a file, spread evenly over it: another training changes every one of them


def known(engine: Any) -> Mapping[str, Any]:
    """Which model it is; of one that is served elsewhere only the name is known."""
    if not isinstance(engine, Vllm):
        return identity(engine)
    files = sorted(Path(engine.folder).glob("*.safetensors"))
    return identity(engine) | {"weights": {file.name: f"{file.stat().st_size} {_sampled(file)}" for file in files}}


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


def _sampled(file: Path) -> str:
    """A hash of pieces of a file: all of a small one, a megabyte of a large one."""
    digest, size = hashlib.blake2b(digest_size=8), file.stat().st_size
    with file.open("rb") as weights:
        for place in range(PIECES):
            weights.seek(size * place // PIECES)
            digest.update(weights.read(min(PIECE, -(-size // PIECES))))
    return digest.hexdigest()
