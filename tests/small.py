"""A small recipe with the scripted engine, and how tests look at what came of a run."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sdg_ray.filters.finished import Finished
from sdg_ray.filters.min_score import MinScore
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.world import World
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.runner import pending
from sdg_ray.runner.local import Local
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stage import Stage
from sdg_ray.stages.pair import Pair
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.stages.select import Select
from sdg_ray.store import Store, open_run
from tests.scripted import Scripted

STEPS = ("prompts", "responses", "reward", "selection", "preferences")


def small_recipe(
    shards: int = 3,
    rows: int = 4,
    *,
    prompts: Prompts | None = None,
    engine: Scripted | None = None,
    threshold: float = 2.0,
    min_margin: float = 0.0,
    **changed: Stage,
) -> Recipe:
    """Arithmetic questions, answered and judged by the scripted engine; `changed` puts another stage at a step."""
    engine = engine or Scripted()
    stages: dict[str, Stage] = {
        "responses": Respond(engine=engine),
        "reward": Score(scorer=RewardModel(engine=engine)),
        "selection": Select(filters={"finished": Finished(), "reward": MinScore(scorer="reward", threshold=threshold)}),
        "preferences": Pair(min_margin=min_margin),
    }
    families = {"world": World(kinds=("arithmetic",))}
    return recipe(prompts=prompts or Prompts(families=families, rows=rows, shards=shards), **(stages | changed))


def with_stage(made: Recipe, step: str, stage: Stage) -> Recipe:
    """`made` with another stage at `step`."""
    return replace(made, stages={**made.stages, step: stage})


def run_here(made: Recipe, root: str | Path, run: str = "first", reuse: str | None = None) -> tuple[Store, dict]:
    """`made` through the local runner: the store, and why shards failed."""
    store = open_run(str(root), run, made.identities(), reuse)
    return store, Local().run(made, store, pending(made, store))


def checksums(root: str | Path) -> dict[str, str]:
    """What is in every visible file below a folder."""
    files = (path for path in Path(root).rglob("*.parquet") if ".partial" not in path.parts)
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def tree(root: str | Path) -> dict[str, bytes]:
    """Everything below a folder, hidden or not."""
    return {str(path.relative_to(root)): path.read_bytes() for path in Path(root).rglob("*") if path.is_file()}


def table(root: str | Path, run: str, step: str, shard: int) -> pa.Table:
    """One file of a run on local disk."""
    return pq.read_table(Path(root) / run / step / f"shard-{shard:05d}.parquet")


def ids(root: str | Path, run: str, steps: tuple[str, ...] = STEPS) -> dict[str, list[str]]:
    """The prompt_ids of each step, over all its files as any reader of the folder sees them, sorted."""
    import pyarrow.dataset

    folders = {step: Path(root) / run / step for step in steps}
    return {
        step: sorted(pyarrow.dataset.dataset(folder).to_table(columns=["prompt_id"])["prompt_id"].to_pylist())
        for step, folder in folders.items()
    }


def assert_complete(made: Recipe, root: str | Path, run: str = "first") -> None:
    """Every planned prompt is in every step exactly once."""
    found = ids(root, run)
    for step, there in found.items():
        assert len(set(there)) == len(there) == made.prompts.planned, step
        assert there == found["prompts"], step


def body(path: str | Path) -> bytes:
    """The bytes of a Parquet file before its footer, which says who wrote it and when."""
    data = Path(path).read_bytes()
    return data[: -8 - int.from_bytes(data[-8:-4], "little")]


def rows_of(made: pa.Table) -> list[Mapping[str, Any]]:
    """A table as rows."""
    return made.to_pylist()
