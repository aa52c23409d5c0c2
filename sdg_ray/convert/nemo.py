"""A NeMo checkpoint, unpacked: `model_config.yaml` and `model_weights/`, with a Zarr array for each tensor.

    model_weights/metadata.json                                            {"sharded_backend": "zarr", ...}
    model_weights/model.decoder.layers.mlp.linear_fc1.weight/.zarray       {"shape": [96, 73728, 18432], "chunks": ...}
    model_weights/model.decoder.layers.mlp.linear_fc1.weight/17.3.0        a chunk of it, as plain numbers

The layers of a model are the first dimension of one array. Megatron writes chunks without compression, so that a chunk
is a file that can be mapped into memory, and only what is asked for is read.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from sdg_ray.errors import Refused

LAYERS = "model.decoder.layers"
Tensor = Any  # of torch, which takes seconds to import
KINDS = {"bfloat16": "<u2", "<V2": "<u2", "<f2": "<f2", "<f4": "<f4"}  # as .zarray says, and as numpy reads it


@dataclass(frozen=True, kw_only=True)
class Array:
    """One tensor: where its chunks are, and how large it and they are."""

    folder: Path
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    kind: str

    def read(self, layer: int | None = None) -> Tensor:
        """The whole, or what it has for one layer."""
        import torch

        began = [0] * len(self.shape) if layer is None else [layer, *[0] * (len(self.shape) - 1)]
        ended = list(self.shape) if layer is None else [layer + 1, *self.shape[1:]]
        whole = np.empty([end - begin for begin, end in zip(began, ended, strict=True)], KINDS[self.kind])
        spans = [range(b // c, -(-e // c)) for b, e, c in zip(began, ended, self.chunks, strict=True)]
        for at in itertools.product(*spans):
            corner = [number * size for number, size in zip(at, self.chunks, strict=True)]
            low = [max(b, c) for b, c in zip(began, corner, strict=True)]
            high = [min(e, c + size) for e, c, size in zip(ended, corner, self.chunks, strict=True)]
            there = tuple(slice(a - b, z - b) for a, z, b in zip(low, high, began, strict=True))
            here = tuple(slice(a - c, z - c) for a, z, c in zip(low, high, corner, strict=True))
            whole[there] = self._chunk(at)[here]
        made = torch.from_numpy(whole if layer is None else whole[0])
        return made.view(torch.bfloat16) if KINDS[self.kind] == "<u2" else made

    def _chunk(self, at: tuple[int, ...]) -> "np.ndarray[Any, Any]":
        file = self.folder / ".".join(map(str, at))
        size = int(np.prod(self.chunks)) * np.dtype(KINDS[self.kind]).itemsize
        if not file.is_file() or file.stat().st_size != size:
            raise Refused(f"{file} is missing or has not {size:,} bytes; the checkpoint has not been copied completely")
        return np.memmap(file, KINDS[self.kind], "r", shape=self.chunks)


@dataclass(frozen=True, kw_only=True)
class Nemo:
    """A checkpoint, opened."""

    folder: Path
    config: Mapping[str, Any]

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name."""
        return (self._weights / name / ".zarray").is_file()

    def array(self, *names: str) -> Array:
        """The tensor with the first of these names that there is."""
        found = next((name for name in names if self.has(name)), None)
        if found is None:
            raise Refused(f"{self._weights} has no tensor {names[0]}; is it a model of another kind?")
        said = json.loads((self._weights / found / ".zarray").read_text())
        if said.get("compressor") or said.get("filters") or said.get("order") != "C" or said["dtype"] not in KINDS:
            raise Refused(
                f"{self._weights / found} is compressed or of the kind {said['dtype']!r}; plain "
                f"{', '.join(KINDS)} are read, as Megatron writes them"
            )
        return Array(
            folder=self._weights / found, shape=tuple(said["shape"]), chunks=tuple(said["chunks"]), kind=said["dtype"]
        )

    def layer(self, number: int, *names: str) -> Tensor:
        """What one layer has of a tensor, which is an array of all layers or one of this layer alone."""
        array = self.array(*(f"{LAYERS}.{name}" for name in names), *(f"{LAYERS}.{number}.{name}" for name in names))
        return array.read(None if array.folder.name.startswith(f"{LAYERS}.{number}.") else number)

    @property
    def _weights(self) -> Path:
        return self.folder / "model_weights"


def nemo(folder: Path) -> Nemo:
    """Open a checkpoint.

    Raises:
        Refused: it is still packed, or in another layout.
    """
    if folder.is_file():
        raise Refused(f"{folder} is packed; unpack it first: mkdir FOLDER && tar -xf {folder} -C FOLDER")
    settings, weights = folder / "model_config.yaml", folder / "model_weights"
    if not settings.is_file() or not weights.is_dir():
        raise Refused(f"{folder} is no NeMo checkpoint: it needs a model_config.yaml and a folder model_weights")
    about = weights / "metadata.json"
    backend = json.loads(about.read_text()).get("sharded_backend", "zarr") if about.is_file() else "zarr"
    if backend != "zarr":
        raise Refused(f"{weights} is stored as {backend}; zarr is read, the layout that NVIDIA published")
    return Nemo(folder=folder, config=yaml.safe_load(settings.read_text()))
