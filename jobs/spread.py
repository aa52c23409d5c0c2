"""How varied the prompts of a run are, family by family. It reads the files of the run alone.

    python jobs/spread.py run=demo root=runs
    python jobs/spread.py run=demo model=FOLDER     Vendi by the embeddings of a sentence-transformers model

planned, made, used   slots; those with a prompt; those that no other prompt makes needless
parsed, again         the share of the model's lists that could be read, and how often more was asked for
unique, dist-2        the share of different prompts, and of different pairs of words
topics                how many occur, of how many, and their entropy in bits; or the ids of instructions
Vendi                 as varied as so many prompts that have nothing in common
words                 how many prompts are how long: 1-4 words, 5-9, 10-19, 20-39, 40-79, 80-159, 160-319, more

Where prompts have evolved in colonies, a second table shows how many births of each operation were fit.
"""

from collections.abc import Sequence

from rich.console import Console

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.recipe import FIRST
from sdg_ray.report.colonies import colonies_table
from sdg_ray.report.spread import spread_table
from sdg_ray.report.tally import Tally
from sdg_ray.store import reopen
from sdg_ray.unique.semantic import Semantic


def main(arguments: Sequence[str], console: Console) -> int:
    """Print the table."""
    chosen = typed(arguments, run="", root="runs", model="")
    if not chosen["run"]:
        raise Refused("run=... must be given; --help shows how")
    store = reopen(chosen["root"], chosen["run"])
    tally = Tally(store=store, steps=[FIRST])
    tally.update()
    semantic = Semantic(model=chosen["model"]) if chosen["model"] else None
    if semantic:
        semantic.check()
    console.print(spread_table(store, tally, semantic))
    if births := colonies_table(tally):
        console.print(births)
    return 0


if __name__ == "__main__":
    command(main, __doc__)
