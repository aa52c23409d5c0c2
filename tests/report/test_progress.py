"""What progress says of the time and the money that a run will take."""

import io
import re
import time
from pathlib import Path

from rich.console import Console

from sdg_ray.report.conservation import Conservation
from sdg_ray.report.progress import Progress
from sdg_ray.report.tally import Tally
from sdg_ray.stages.pair import Pair
from sdg_ray.stages.respond import Respond
from sdg_ray.store import open_run
from tests.odd import Odd
from tests.scripted import Scripted
from tests.small import run_here, small_recipe


def said(root: Path, hourly: float, last: str = "preferences", **odd: Odd) -> str:
    """What is said of the time to go, of a run of two shards of which the second one does not get on, at its end."""
    engine = Scripted(seconds=0.5)
    made = small_recipe(shards=2, engine=engine, responses=Odd(stage=Respond(engine=engine), at=1), **odd)
    store = open_run(str(root), "first", made.identities())
    out, until = io.StringIO(), time.monotonic() + 20
    law = Conservation(made, Tally(store=store, steps=made.steps))
    with Progress(law, Console(file=out, width=200), every=0.05, hourly=lambda: hourly):
        run_here(made, root)
        while not (found := re.search(rf"{last} 1/2\b.*\| (.*to go.*)", out.getvalue())):
            assert time.monotonic() < until, out.getvalue()
            time.sleep(0.02)
    return found[1]


def test_cost_is_that_of_the_whole_launch_at_the_pace_it_has(tmp_path: Path) -> None:
    words = re.fullmatch(r"(\d+)s to go, \$(\d+\.\d\d) in all", said(tmp_path, 3600.0))
    assert words and int(words[1]) + 0.5 <= float(words[2]) < int(words[1]) + 60  # what is spent, a second or more


def test_no_cost_is_said_where_it_is_not_known(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+s to go", said(tmp_path, 0.0))


def test_time_to_go_is_of_a_step_while_nobody_knows_the_pace_of_another(tmp_path: Path) -> None:
    late = Odd(stage=Pair(), at=0, how="raises")  # nothing of it is done
    assert re.fullmatch(r"\d+s to go in responses", said(tmp_path, 3600.0, last="selection", preferences=late))
