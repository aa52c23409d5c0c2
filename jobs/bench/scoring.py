"""How much of a reward model's speed is left inside the job: the same conversations through bare vLLM and through Ray.

    python jobs/bench/scoring.py                           pocket/reward, three pairs, alternating
    python jobs/bench/scoring.py model=/models/mine pairs=1

    model=pocket/reward     a folder, a name of the hub, or pocket/reward
    pairs=3                 how often both are run
    prompts=500 n=4         how many prompts, and how many candidates each has: 2,000 conversations
    rows=125 overlap=3      the job's prompts in a shard, and shards in hand at once
    threads=1               of torch, the same for both
    block=32                tokens in a block of vLLM's cache: what candidates share is found in whole blocks

Both have the engine arguments of conf/model and a process of their own each time. Steady is from the first request sent
to the last value received: around `LLM.classify`, and from the first shard's `began` to the last one's `ended` in the
footers that the job wrote. Shared is the part of what was read that the candidate before had brought already.
"""

import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.config import build, compose
from sdg_ray.engines.vllm import Vllm
from sdg_ray.pocket.corpus import grades
from sdg_ray.prompts import Prompts
from sdg_ray.prompts.given import Given
from sdg_ray.recipe import Recipe, recipe
from sdg_ray.record import Chat
from sdg_ray.report.tally import Tally
from sdg_ray.runner import pending
from sdg_ray.scorers.reward_model import RewardModel
from sdg_ray.stages.respond import Respond
from sdg_ray.stages.score import Score
from sdg_ray.store import open_run

TARGET = 0.92
DEFAULTS = {
    "model": "pocket/reward",
    "pairs": 3,
    "prompts": 500,
    "n": 4,
    "rows": 125,
    "overlap": 3,
    "threads": 1,
    "block": 32,
}
Result = Mapping[str, Any]
"""Of one process: `seconds`, the number of `conversations`, their `values`; of bare vLLM also what was `shared`."""


def main(arguments: Sequence[str], console: Console) -> int:
    """All processes, one after the other, and a table of their ratios."""
    options = typed(arguments, **DEFAULTS)
    with tempfile.TemporaryDirectory(prefix="scoring-") as folder:
        write_prompts(Path(folder) / "prompts.jsonl", options["prompts"])
        process("answer", folder, options)
        pairs = [(process("bare", folder, options), process("job", folder, options)) for _ in range(options["pairs"])]
    table = Table(title="bare LLM.classify and the job", box=box.SIMPLE_HEAD)
    for name in ("bare conversations/s", "job conversations/s", "ratio", "shared, bare", "values equal"):
        table.add_column(name, justify="right")
    for bare, job in pairs:
        same = sum(_close(bare["values"][name], values) for name, values in job["values"].items()) / len(bare["values"])
        rates = (f"{speed(bare):,.0f}", f"{speed(job):,.0f}", f"{speed(job) / speed(bare):.3f}")
        table.add_row(*rates, f"{bare['shared']:.0%}", f"{same:.2%}")
    console.print(table)
    ratios = [speed(job) / speed(bare) for bare, job in pairs]
    console.print(f"median of the ratios {median(ratios):.3f}, aimed at {TARGET}; torch threads: {options['threads']}")
    return 0


def speed(result: Result) -> float:
    """Conversations scored in a second, in the steady state."""
    return float(result["conversations"] / result["seconds"])


def write_prompts(file: Path, count: int) -> None:
    """Documents with a question, which candidates share and which are longer than an answer."""
    chance, found = random.Random(0), dict[str, None]()
    while len(found) < count:
        asked = " ".join(grades.graded(chance, kind="document").turns[0][1] for _ in range(2))
        found[json.dumps({"prompt": asked})] = None
    file.write_text("".join(f"{line}\n" for line in found))


def process(part: str, folder: str, options: Mapping[str, Any]) -> Result:
    """What a process of its own found."""
    quiet = {"PYTHONWARNINGS": "ignore", "RAY_BACKEND_LOG_LEVEL": "fatal", "OMP_NUM_THREADS": str(options["threads"])}
    asked = json.dumps({"part": part, "folder": folder, "options": dict(options)})
    subprocess.run([sys.executable, __file__, asked], check=True, env=os.environ | quiet)
    result: Result = json.loads((Path(folder) / f"{part}.json").read_text())
    return result


def part(asked: Mapping[str, Any]) -> None:
    """In a process of its own: one of the three, its result written for the parent to read."""
    run = {"answer": answer, "bare": bare, "job": job}[asked["part"]]
    result = run(Path(asked["folder"]), asked["options"])
    (Path(asked["folder"]) / f"{asked['part']}.json").write_text(json.dumps(result))


def made_of(folder: Path, options: Mapping[str, Any]) -> Recipe:
    """Answers by the generator of conf/model, scored by the model asked for."""
    generator = build(compose("generate", ["run=bench"]).model.generator)
    prompts = Prompts(families={"given": Given(source=str(folder / "prompts.jsonl"))}, rows=options["rows"])
    responses = Respond(engine=generator, n=options["n"])
    return recipe(prompts=prompts, responses=responses, reward=Score(scorer=RewardModel(engine=judging(options))))


def judging(options: Mapping[str, Any]) -> Vllm:
    """The engine of conf/model with the model asked for."""
    reward: Vllm = build(compose("generate", ["run=bench", f"model.reward.name={options['model']}"]).model.reward)
    return replace(reward, arguments={**reward.arguments, "block_size": options["block"]})


def answer(folder: Path, options: Mapping[str, Any]) -> Result:
    """The candidates, made once: what both then score."""
    from sdg_ray.runner.local import Local

    made = made_of(folder, options)
    less = recipe(prompts=made.prompts, responses=made.stages["responses"])
    store = open_run(str(folder), "answered", less.identities())
    if failed := Local().run(less, store, pending(less, store)):
        raise RuntimeError(f"the candidates were not made: {failed}")
    return {}


def conversations(folder: Path) -> dict[str, Chat]:
    """Every candidate with its prompt, by the prompt's name and its place."""
    import pyarrow.parquet as pq

    prompts = {row["prompt_id"]: row["prompt"] for row in pq.read_table(folder / "answered" / "prompts").to_pylist()}
    return {
        f"{row['prompt_id']} {place}": [*prompts[row["prompt_id"]], *turns]
        for row in pq.read_table(folder / "answered" / "responses").to_pylist()
        for place, turns in enumerate(row["responses"])
    }


def bare(folder: Path, options: Mapping[str, Any]) -> Result:
    """`LLM.classify` with everything at once."""
    engine = judging(options)
    os.environ.update(engine.variables)
    logging.getLogger("vllm").setLevel(logging.ERROR)
    from vllm import LLM, PoolingParams

    model, chats = LLM(**engine.engine_arguments), conversations(folder)
    tokenizer = model.get_tokenizer()
    began = time.monotonic()
    read = [
        {
            "prompt_token_ids": tokenizer.encode(
                tokenizer.apply_chat_template(chat, tokenize=False), add_special_tokens=False
            )
        }
        for chat in chats.values()
    ]
    outputs = model.classify(read, pooling_params=PoolingParams(use_activation=False), use_tqdm=False)
    seconds = time.monotonic() - began
    values = {name: output.outputs.probs for name, output in zip(chats, outputs, strict=True)}
    shared = sum(output.num_cached_tokens for output in outputs) / sum(len(one["prompt_token_ids"]) for one in read)
    return {"seconds": seconds, "conversations": len(chats), "values": values, "shared": shared}


def job(folder: Path, options: Mapping[str, Any]) -> Result:
    """The job's way: the candidates are there, and one worker on Ray scores them, everything through the store."""
    import pyarrow.parquet as pq
    import ray

    from sdg_ray.runner.ray import Cluster, Pool

    made = made_of(folder, options)
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    run = f"scored-{time.time_ns()}"
    store = open_run(str(folder), run, made.identities(), "answered")
    pools = {"reward": Pool(cpus=1, overlap=options["overlap"])}
    if failed := Cluster(pools=pools).run(made, store, pending(made, store)):
        raise RuntimeError(f"the run was not completed: {failed}")
    ray.shutdown()
    tally = Tally(store=store, steps=["reward"])
    tally.update()
    footers = tally.footers["reward"].values()
    began, ended = min(footer.began for footer in footers), max(footer.ended for footer in footers)
    values = {
        f"{row['prompt_id']} {place}": list(parts.values())
        for row in pq.read_table(folder / run / "reward").to_pylist()
        for place, parts in enumerate(row["parts_reward"])
    }
    return {"seconds": ended - began, "conversations": len(values), "values": values}


def _close(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) < 1e-3 for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        part(json.loads(sys.argv[1]))
    else:
        command(main, __doc__)
