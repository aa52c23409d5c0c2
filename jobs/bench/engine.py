"""How much of a model's speed is left when it runs inside the job: the same prompts through bare vLLM and through Ray.

    python jobs/bench/engine.py                            pocket/instruct, three pairs, alternating
    python jobs/bench/engine.py model=/models/mine pairs=1

    model=pocket/instruct   a folder, a name of the hub, or pocket/instruct
    pairs=3                 how often both are run
    prompts=2000 tokens=64  how many prompts, and how many tokens each answer has
    rows=128 overlap=3      the job's prompts in a shard, and shards in hand at once
    threads=1               of torch, the same for both
    child=1                 also bare vLLM with its engine core in a child process, as it does by default; 0 for not

Both have the engine arguments of conf/model, one seed for each prompt and a process of their own each time. Steady is
from the first request sent to the last answer received: around `LLM.chat`, and from the first shard's `began` to the
last one's `ended` in the footers that the job wrote. Start-up is from the start of the process to the first request.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.config import build, compose
from sdg_ray.engines import Sampling
from sdg_ray.engines.vllm import Vllm
from sdg_ray.pocket import world
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.record import candidate_seed
from sdg_ray.report.tally import Tally
from sdg_ray.runner import pending
from sdg_ray.stages.respond import Respond
from sdg_ray.store import open_run

TARGET = 0.92
DEFAULTS = {
    "model": "pocket/instruct",
    "pairs": 3,
    "prompts": 2000,
    "tokens": 64,
    "rows": 128,
    "overlap": 3,
    "threads": 1,
    "child": 1,
}
Result = Mapping[str, Any]
"""Of one process: `startup` and `seconds`, the number of `tokens`, and the `texts` by prompt."""


def main(arguments: Sequence[str], console: Console) -> int:
    """All processes, one after the other, and a table of their ratios."""
    options = typed(arguments, **DEFAULTS)
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        write_questions(Path(folder) / "prompts.jsonl", options["prompts"])
        pairs = [(process("bare", folder, options), process("job", folder, options)) for _ in range(options["pairs"])]
        child = process("child", folder, options) if options["child"] else None
    console.print(pairs_table(pairs))
    ratios = [speed(job) / speed(bare) for bare, job in pairs]
    console.print(f"median of the ratios {median(ratios):.3f}, aimed at {TARGET}; torch threads: {options['threads']}")
    if child:
        console.print(f"bare, core in a child: {speed(child):,.0f} tokens/s, {child['startup']:.1f} s of start-up")
    return 0


def pairs_table(pairs: Sequence[tuple[Result, Result]]) -> Table:
    """One row for each pair."""
    table = Table(title="bare vLLM and the job", box=box.SIMPLE_HEAD)
    for name in ("bare tokens/s", "job tokens/s", "ratio", "bare start-up", "job start-up", "over", "texts equal"):
        table.add_column(name, justify="right")
    for bare, job in pairs:
        starts = (bare["startup"], job["startup"], job["startup"] - bare["startup"])
        same = sum(text == bare["texts"][prompt] for prompt, text in job["texts"].items()) / len(bare["texts"])
        table.add_row(
            f"{speed(bare):,.0f}",
            f"{speed(job):,.0f}",
            f"{speed(job) / speed(bare):.3f}",
            *(f"{seconds:.1f} s" for seconds in starts),
            f"{same:.2%}",
        )
    return table


def speed(result: Result) -> float:
    """Tokens written in a second, in the steady state."""
    return float(result["tokens"] / result["seconds"])


def write_questions(file: Path, count: int) -> None:
    """`count` different questions of the pocket world, as the lines of a file."""
    import random

    chance, found = random.Random(0), dict[str, None]()
    while len(found) < count:
        asked = world.question(world.KINDS[len(found) % len(world.KINDS)], chance, held_out=False)
        found[json.dumps([{"role": role, "content": content} for role, content in asked.messages])] = None
    file.write_text("".join(f'{{"prompt": {line}}}\n' for line in found))


def process(part: str, folder: str, options: Mapping[str, Any]) -> Result:
    """What a process of its own found."""
    quiet = {"PYTHONWARNINGS": "ignore", "RAY_BACKEND_LOG_LEVEL": "fatal"}
    variables = quiet | {"OMP_NUM_THREADS": str(options["threads"])}
    asked = [json.dumps({"part": part, "folder": folder, "options": dict(options)})]
    subprocess.run([sys.executable, __file__, *asked], check=True, env=os.environ | variables)
    result: Result = json.loads((Path(folder) / f"{part}.json").read_text())
    return result


def part(asked: Mapping[str, Any]) -> None:
    """In a process of its own: one of the three, its result written for the parent to read."""
    run: Callable[[Path, Mapping[str, Any]], Result] = {"bare": bare, "child": child, "job": job}[asked["part"]]
    result = run(Path(asked["folder"]), asked["options"])
    (Path(asked["folder"]) / f"{asked['part']}.json").write_text(json.dumps(result))


def since_start() -> float:
    """Seconds since this process was started."""
    return time.time() - psutil.Process().create_time()


def made_of(folder: Path, options: Mapping[str, Any]) -> tuple[Recipe, Vllm]:
    """The recipe of the job, and its engine."""
    engine: Vllm = build(compose("generate", ["run=bench", f"model.generator.name={options['model']}"]).model.generator)
    sampling = Sampling(temperature=1.0, max_tokens=options["tokens"], more={"ignore_eos": True})
    given = Given(source=str(folder / "prompts.jsonl"))
    prompts = Prompts(families={"given": given}, rows=options["rows"])
    return recipe(prompts=prompts, responses=Respond(engine=engine, n=1, sampling=sampling)), engine


def bare(folder: Path, options: Mapping[str, Any], **variables: str) -> Result:
    """`LLM.chat` with everything at once."""
    import asyncio

    made, engine = made_of(folder, options)
    rows = asyncio.run(rows_of(made))
    os.environ.update(engine.variables | variables)
    logging.getLogger("vllm").setLevel(logging.ERROR)
    from vllm import LLM, SamplingParams

    model = LLM(**engine.engine_arguments)
    seeds = [candidate_seed(0, "respond", row["prompt_id"]) for row in rows]
    limits: dict[str, Any] = {"temperature": 1.0, "max_tokens": options["tokens"], "ignore_eos": True}
    parameters = [SamplingParams(seed=seed, **limits) for seed in seeds]
    startup, began = since_start(), time.monotonic()
    outputs = model.chat([row["prompt"] for row in rows], parameters, use_tqdm=False)
    seconds = time.monotonic() - began
    texts = {row["prompt_id"]: output.outputs[0].text for row, output in zip(rows, outputs, strict=True)}
    tokens = sum(len(output.outputs[0].token_ids) for output in outputs)
    return {"startup": startup, "seconds": seconds, "tokens": tokens, "texts": texts}


async def rows_of(made: Recipe) -> list[dict[str, Any]]:
    """The prompts that the job will make."""
    make = made.prompts.open()
    return [row for shard in range(made.prompts.planned_shards) for row in (await make(shard)).to_pylist()]


def child(folder: Path, options: Mapping[str, Any]) -> Result:
    """The same with the engine core in a process of its own."""
    return bare(folder, options, VLLM_ENABLE_V1_MULTIPROCESSING="1")


def job(folder: Path, options: Mapping[str, Any]) -> Result:
    """The job's way: prompts in one worker, responses in another, everything through the store."""
    import ray

    from sdg_ray.runner.ray import Cluster, Pool

    made, _ = made_of(folder, options)
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    started = psutil.Process().create_time()
    with tempfile.TemporaryDirectory(dir=folder) as root:
        store = open_run(root, "bench", made.identities())
        pools = {"responses": Pool(cpus=1, overlap=options["overlap"])}
        if failed := Cluster(pools=pools).run(made, store, pending(made, store)):
            raise RuntimeError(f"the run was not completed: {failed}")
        tally = Tally(store=store, steps=made.steps)
        tally.update()
        texts = written(store.root)
    ray.shutdown()
    footers = tally.footers["responses"].values()
    began, ended = min(footer.began for footer in footers), max(footer.ended for footer in footers)
    tokens = tally.sum("responses", "tokens_out")
    return {"startup": began - started, "seconds": ended - began, "tokens": tokens, "texts": texts}


def written(root: str) -> dict[str, str]:
    """The answers in the files of the job, by prompt."""
    import pyarrow.parquet as pq

    rows = pq.read_table(f"{root}/bench/responses").to_pylist()
    return {row["prompt_id"]: row["responses"][0][0]["content"] for row in rows}


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        part(json.loads(sys.argv[1]))
    else:
        command(main, __doc__)
