"""Make a dataset: prompts, answers, scores, a selection and preference pairs, as Parquet.

    python jobs/generate.py run=demo                       questions of a small world into runs/demo, on this machine
    python jobs/generate.py run=demo                       the same again: goes on where it stopped, or says it is done
    python jobs/generate.py run=demo preview=4             four prompts through every step, printed, nothing committed
    python jobs/generate.py run=mine recipe=given recipe.prompts.families.given.source=my_prompts.jsonl
    python jobs/generate.py run=b reuse=a recipe.preferences.min_margin=1     only what changed is made
    python jobs/generate.py run=b reuse=a retry=errors     good rows as they were, what ended as an error is asked again

    run=NAME          what this run is called; its files are in ROOT/NAME/STEP/shard-*.parquet
    root=runs         where runs live: a folder, or s3://bucket/prefix
    recipe=world      what is made (conf/recipe): world, given, dialogues, judged, nemotron4 (all ways to make prompts),
                      or pocket (the same in miniature)
    generators=one    who answers (conf/generators): one model, or three, whose candidates stand side by side
    preferences@recipe.preferences=dpo   what pairs are for (conf/preferences): dpo, rpo
    recipe.scale=1    how much of it: every quota times this
    model=pocket      who writes and who judges (conf/model)      sources=pocket   what prompts start from: pocket, hub
    cluster=laptop    where it runs (conf/cluster): laptop, or local for this process without Ray
    reuse=NAME        an earlier run whose unchanged steps are read, not made again
    retry=errors      with reuse: a new run of the same recipe that takes the good rows of the earlier one as they are
    preview=N         N prompts through every step in this process; a few more are made where a seed gives several
    max_error_share=0.1   the run fails if a larger share of prompts and answers ends as errors
    price=2.5         of one GPU for an hour: progress then says what this launch will have cost

Everything in a recipe, a cluster or a model can be set by its path (Hydra):

    recipe.responses.n=8  recipe.responses.sampling.temperature=1.0  recipe.selection.filters.reward.threshold=3.5
    recipe.prompts.shards=100  model@model.generator=MODEL  model.generator.max_num_seqs=512
    cluster.pools.responses.min=4  cluster.pools.responses.gpus=8  +cluster.pools.responses.max=16

On a running cluster:  ray job submit --working-dir . -- python jobs/generate.py run=demo root=s3://bucket/prefix
Exit codes: 0 done, 1 some shards are pending, a row is missing or too many errors, 2 refused before anything started.
"""

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.text import Text

from sdg_ray.bucket import Unusable
from sdg_ray.command import command
from sdg_ray.config import NAME, build, compose, setting, share
from sdg_ray.errors import Refused
from sdg_ray.recipe import FIRST, UNIQUE, Recipe
from sdg_ray.report.conservation import Conservation
from sdg_ray.report.look import harmless, record_panel, records
from sdg_ray.report.page import write_report
from sdg_ray.report.progress import Progress
from sdg_ray.report.table import error_rows, next_command, run_table
from sdg_ray.report.tally import Tally
from sdg_ray.runner import Runner, bring_all, pending
from sdg_ray.runner.local import Local
from sdg_ray.runner.retry import errors_left
from sdg_ray.store import Store, open_run, to_retry

SETTINGS = {
    "run": NAME,
    "root": str,
    "reuse": NAME | None,
    "retry": str | None,
    "preview": int,
    "price": float | None,
}


def main(arguments: Sequence[str], console: Console) -> int:
    """Compose, build, check, run, and say what came of it."""
    cfg = compose("generate", arguments)
    name, root, reuse, retry, shown, price = (setting(cfg, *each) for each in SETTINGS.items())
    max_error_share = share(cfg, "max_error_share")
    recipe: Recipe = build(cfg.recipe)
    recipe.check()
    if shown:
        return preview(recipe, shown, console)
    earlier = retried(root, reuse, retry, recipe)
    if earlier and not errors_left(recipe, earlier):
        done = f"nothing to ask again: run {reuse!r} is complete and none of its rows is an error"
        console.print(done, highlight=False, soft_wrap=True)
        return 0
    cluster = build(cfg.cluster)
    if not isinstance(cluster, Local):
        connect(cluster.address)
    cluster.check(recipe)
    typed = f"python jobs/generate.py {shlex.join(arguments)}"
    store = open_run(root, name, recipe.identities(), None if earlier else reuse, typed, earlier)
    return run(recipe, store, cluster, max_error_share, console, price)


def run(
    recipe: Recipe, store: Store, cluster: Runner, max_error_share: float, console: Console, price: float | None = None
) -> int:
    """Bring every pending shard through its steps, with progress, and print the table."""
    missing, failed = pending(recipe, store), {}
    begun = bool(missing)
    shards, tally = recipe.prompts.planned_shards, Tally(store=store, steps=recipe.steps)
    law = Conservation(recipe, tally)
    console.print(f"{store.root}/{store.run}: {shards - len(missing)} of {shards} shards are done", highlight=False)
    try:
        with Progress(law, console, **({} if isinstance(cluster, Local) else on_ray(law, price))):
            if missing:
                failed = bring_all(recipe, store, cluster)
        missing, broken = pending(recipe, store), law.all_broken()
    except Unusable as lost:  # the workers have met it too: what they said is all that is known
        say_pending(failed, failed, console)
        console.print(f"stopped: {lost}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    console.print(run_table(law, len(missing), broken))
    if store.earlier:
        console.print(taken_over(tally, store.earlier.run), highlight=False, soft_wrap=True)
    for sentence in broken[:10]:
        console.print(f"not conserved: {sentence}", style="red", markup=False, soft_wrap=True)
    say_pending(missing, failed, console)
    errors, rows = error_rows(tally)
    if errors > max_error_share * rows:
        console.print(
            f"failed: {errors:,} of {rows:,} rows are errors, more than max_error_share={max_error_share}",
            soft_wrap=True,
        )
    console.print(
        next_command(f"python jobs/look.py run={store.run} root={store.root} n=5"), highlight=False, soft_wrap=True
    )
    if begun and tally.sum(FIRST, "rows"):
        console.print(Text.assemble(("report  ", "dim"), write_report(store)), highlight=False, soft_wrap=True)
    return int(bool(missing or broken) or errors > max_error_share * rows)


def on_ray(law: Conservation, price: float | None) -> dict[str, Any]:
    """What more there is to progress on Ray: figures for Prometheus, what GPUs cost an hour, a head that is gone."""
    import ray

    from sdg_ray.report.metrics import Metrics
    from sdg_ray.runner.head import Head

    def hourly() -> float:
        resources = ray.cluster_resources() if price and ray.is_initialized() else {}  # it would start Ray by itself
        return (price or 0.0) * resources.get("GPU", 0.0)

    return {"also": Metrics(law), "hourly": hourly, "wrong": Head(ray.get_runtime_context().gcs_address).look}


def say_pending(shards: Iterable[int], failed: Mapping[int, str], console: Console) -> None:
    """The first shards that are pending, each with its reason."""
    for shard in list(shards)[:10]:
        reason = harmless(failed.get(shard, "its worker died; the same command tries again"))
        console.print(f"pending: shard {shard}: {reason}", style="red", markup=False, soft_wrap=True)


def retried(root: str, reuse: str | None, retry: str | None, recipe: Recipe) -> Store | None:
    """The run that this one retries, if it does."""
    if retry is None:
        return None
    if retry != "errors" or reuse is None:
        raise Refused(f"retry={retry} reuse={reuse} cannot be; retry=errors needs reuse=NAME, the run with the errors")
    return to_retry(root, reuse, recipe.identities())


def taken_over(tally: Tally, earlier: str) -> str:
    """How many rows are those of the run that was retried, and in which steps the others were made again."""
    taken = tally.total("taken")
    again = {step: tally.sum(step, "rows") - tally.sum(step, "taken") for step in tally.steps if step != UNIQUE}
    made = ", ".join(f"{step} {rows:,}" for step, rows in again.items() if rows)
    return f"retries {earlier}: {taken:,} rows taken over; made again: {made or 'none'}"


def preview(recipe: Recipe, n: int, console: Console) -> int:
    """Take `n` prompts, or as few more as it takes, through every step in this process and memory; print `n`."""
    if n < 1:
        raise Refused(f"preview={n} is too few; give the number of prompts to show, such as preview=4")
    small = replace(recipe, prompts=recipe.prompts.sample(n))
    store = open_run("memory:", "preview", small.identities())
    failed = bring_all(small, store, Local())
    if failed:
        raise Refused(harmless("; ".join(failed.values())))
    for row in records(store, n):
        console.print(record_panel(row))
    return 0


def connect(address: str | None) -> None:
    """Join the cluster at `address`, else the one that this job was submitted to, else start one on this machine.

    Not left to Ray: it would also try a cluster that was started on this machine once and is gone, and wait for it.

    Raises:
        Refused: there is none at `address`, or it lets nobody in.
    """
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what Ray's C++ says goes to people otherwise
    import ray

    from sdg_ray.runner.head import Head

    address = address or os.environ.get("RAY_ADDRESS", "local")
    try:
        if re.fullmatch(r"[^/]+:\d+", address) and not Head(address, patience=10).answers():
            raise ConnectionError("nobody listens there")
        ray.init(
            address=address,
            include_dashboard=False if address == "local" else None,  # one second less, and nobody would look at it
            log_to_driver=False,
            logging_level="ERROR",
            configure_logging=True,
        )
    except ConnectionError as error:
        raise Refused(
            f"the cluster at {address} cannot be joined: {error}; start it with `ray start --head`, or correct "
            "cluster.address; where it asks for a token, export RAY_AUTH_MODE=token"
        ) from error


if __name__ == "__main__":
    command(main, __doc__)
