"""Real runs of the pocket recipe on two cores, recorded: what each of their files said of itself.

recorded("demo")             its recipe
replayed("demo", folder)     a run below a folder whose files are empty and say the same
"""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from omegaconf import DictConfig, OmegaConf

from sdg_ray.config import build
from sdg_ray.recipe import Recipe
from sdg_ray.store import Footer, Store, open_run

HERE = Path(__file__).parent


RUNS: dict[str, dict[str, Any]] = {  # in what they differ
    "demo": {"scale": 0.001},  # 682 prompts
    "small": {"scale": 0.0003},  # 586 prompts, while others worked on the machine
    "tiny": {"scale": 0.001, "prompts.shards": 6},  # 186 prompts, likewise
}


def recorded(name: str) -> Recipe:
    """The recipe of a recorded run."""
    cfg = OmegaConf.load(HERE / "pocket.yaml")
    assert isinstance(cfg, DictConfig)
    for path, value in RUNS[name].items():
        OmegaConf.update(cfg, path, value)
    return build(cfg)


def figures_of_run(name: str) -> dict[str, Any]:
    """A recorded run: for each step its files as [began, ended, counts]."""
    return json.loads(gzip.decompress((HERE / f"{name}.json.gz").read_bytes()))


def replayed(name: str, root: Path) -> Store:
    """A run that looks finished, with the footers of a recorded one."""
    store = open_run(str(root), name, recorded(name).identities(), None)
    steps = figures_of_run(name)["steps"]
    footers = [
        (step, shard, Footer(attempt="recorded", began=began, ended=ended, counts={"errors": {}} | counts))
        for step, files in steps.items()
        for shard, (began, ended, counts) in enumerate(files)
    ]
    asyncio.run(_committed(store, footers))
    return store


async def _committed(store: Store, footers: list[tuple[str, int, Footer]]) -> None:
    empty = pa.table({"prompt_id": pa.array([], pa.string())})
    await asyncio.gather(*(store.commit(step, shard, empty, footer) for step, shard, footer in footers))


def total(name: str, step: str, count: str) -> float:
    """The sum of one count over the files of a step."""
    return sum(counts.get(count, 0) for _, _, counts in figures_of_run(name)["steps"][step])


def asked(name: str, step: str) -> float:
    """How often a step asked its writer."""
    files = figures_of_run(name)["steps"][step]
    return sum(n for _, _, counts in files for key, n in counts.items() if key.startswith(("lists:", "texts:")))


def lasted(name: str) -> float:
    """From the first file begun to the last one done."""
    files = [file for files in figures_of_run(name)["steps"].values() for file in files]
    return max(ended for _, ended, _ in files) - min(began for began, _, _ in files)
