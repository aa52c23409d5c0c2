"""Who says that nothing gets done: when, how often, and with which words."""

import asyncio
import re
import time
from pathlib import Path

import pyarrow as pa

from sdg_ray.report.tally import Tally
from sdg_ray.report.watchdog import Watchdog
from sdg_ray.stages.respond import Respond
from sdg_ray.store import Footer, Store, open_run
from tests.odd import Odd
from tests.scripted import Scripted
from tests.small import run_here, small_recipe


def watched(root: Path) -> tuple[Watchdog, Store, float]:
    """A run of three shards, of which one did not get through a step, and when it began."""
    began = time.time()
    made = small_recipe(responses=Odd(stage=Respond(engine=Scripted()), at=1))
    store, _ = run_here(made, root)
    return Watchdog(made, Tally(store=store, steps=made.steps), began), store, began


def test_it_speaks_after_a_minute_and_then_at_intervals_that_double(tmp_path: Path) -> None:
    watchdog, _, began = watched(tmp_path)
    assert watchdog.look(watchdog.tally.update(), began + 100) is None

    said = {seconds: watchdog.look((), began + 100 + seconds) for seconds in range(1, 1000)}

    assert [seconds for seconds, words in said.items() if words] == [60, 120, 240, 480, 960]
    assert said[120] == "nothing done for 2min: responses has 1 in hand: shard 1 for 4min"


def test_it_is_patient_while_models_may_be_loading(tmp_path: Path) -> None:
    made = small_recipe()
    tally = Tally(store=open_run(str(tmp_path), "first", made.identities()), steps=made.steps)
    watchdog = Watchdog(made, tally, 0.0)

    said = {seconds: watchdog.look((), float(seconds)) for seconds in range(1, 2000)}

    assert [seconds for seconds, words in said.items() if words] == [600, 1200]
    assert said[600] == "nothing done for 10min: prompts has 3 in hand: shard 0 for 10min, 1 for 10min, 2 for 10min"


def test_it_takes_five_times_the_longest_shard_for_usual_and_starts_anew_with_every_file(tmp_path: Path) -> None:
    watchdog, store, began = watched(tmp_path)
    watchdog.look(watchdog.tally.update(), began)
    footer = Footer(attempt="slow", began=began, ended=began + 100)
    assert asyncio.run(store.commit("responses", 1, pa.table({"prompt_id": ["x"]}), footer))
    new = watchdog.tally.update()
    assert new == [("responses", 1)] and watchdog.look(new, began + 59) is None

    said = {seconds: watchdog.look((), began + 59 + seconds) for seconds in range(1, 600)}

    assert [seconds for seconds, words in said.items() if words] == [500]
    assert "reward has 1 in hand: shard 1" in str(said[500])


def test_it_names_the_oldest_shards_and_the_last_error(tmp_path: Path) -> None:
    began = time.time()
    made = small_recipe(shards=7, engine=Scripted(too_long="7"))
    run_here(made, tmp_path)
    for shard in range(1, 6):
        (tmp_path / f"first/preferences/shard-{shard:05d}.parquet").unlink()
    store = open_run(str(tmp_path), "first", made.identities())
    tally = Tally(store=store, steps=made.steps)
    watchdog = Watchdog(made, tally, began)
    watchdog.look(tally.update(), began + 100)

    words = str(watchdog.look((), began + 200))
    oldest = sorted(range(1, 6), key=lambda shard: tally.footers["selection"][shard].ended)[:3]
    named = ", ".join(rf"{shard} for \d+min" for shard in oldest)
    assert re.search(rf"preferences has 5 in hand: shard {named} and 2 others; last error: too long \d+$", words), words

    store.note("preferences", "shard-00001.a.0000", {"shard": 1, "ended": "the engine said farewell"})
    assert str(watchdog.look((), began + 300)).endswith("; last error: the engine said farewell")
    watchdog.unreadable = "root=s3://b cannot be read: 503"
    assert str(watchdog.look((), began + 500)).endswith("; last error: root=s3://b cannot be read: 503")
