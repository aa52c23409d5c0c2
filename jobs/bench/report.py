"""How long the report of a large run takes, how much memory, how large the file is, and how fast it opens.

    python jobs/bench/report.py                   100,000 prompts with four answers each, all of them made up
    python jobs/bench/report.py prompts=10000     fewer prompts
    python jobs/bench/report.py keep=FOLDER       the run and its report stay in FOLDER, to be looked at

The run has all there can be: near-duplicates, three models, a verifier, a reward model with its attributes, a judge in
both orders, a selection and pairs by truth and by reward. Its files are written by the store, as any run's are. Memory
is the peak of the job's process; opening is from the start of the navigation until the page is laid out, in Chromium
where there is one.
"""

import asyncio
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich import box
from rich.console import Console
from rich.table import Table

from sdg_ray.command import command, typed
from sdg_ray.errors import Refused
from sdg_ray.record import PAIRS, PROMPT, RESPONSES, SELECTION, counts, hashed, no_answer, prompt_id
from sdg_ray.stages.pair import Pair
from sdg_ray.store import Footer, Store, new_attempt, open_run

ROWS = 64  # prompts of a shard
FAMILIES = ("closed_qa", "coding", "magpie", "math", "open_qa", "persona", "two_turn", "world", "writing")
MODELS = {"large/instruct": 0.9, "small/instruct": 0.2, "small/base": -0.8}  # how good
ATTRIBUTES = {"helpfulness": 0.3, "correctness": 0.74, "coherence": 0.46, "complexity": 0.47, "verbosity": -0.33}
TOLD = ("math", "world", "coding")  # families of which a verifier knows the truth
VERDICT = pa.struct([("other", pa.int32()), ("first", pa.string()), ("second", pa.string()), ("verdict", pa.string())])
THRESHOLD = 3.0
TARGET = "aimed at: 60 s, 2 GiB, 20 MB, opens in less than 3 s"
GIB, MB = 1 << 20, 1e6  # ru_maxrss counts KiB
OPENED = '; document.body.offsetHeight; document.title = "opened in " + performance.now();'
Rows = list[dict[str, Any]]


def main(arguments: Sequence[str], console: Console) -> int:
    """Make a run up, report it, open the report, and print what it took."""
    options = typed(arguments, prompts=100_000, seed=0, keep="")
    if options["prompts"] < 1:
        raise Refused("prompts=... must be at least 1")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(options["keep"] or folder)
        asyncio.run(made_up(str(root), options["prompts"], options["seed"]))
        seconds, gib = reported(root)
        file = root / "large" / "report.html"
        table = Table(title=f"report of {options['prompts']:,} prompts", box=box.SIMPLE_HEAD)
        for name in ("seconds", "peak GiB", "MB", "opens in s"):
            table.add_column(name, justify="right")
        table.add_row(f"{seconds:.1f}", f"{gib:.2f}", f"{file.stat().st_size / MB:.1f}", opened(file))
        console.print(table)
    console.print(TARGET, highlight=False)
    return 0


def reported(root: Path) -> tuple[float, float]:
    """Make the report in a process of its own: the seconds it took, and the most memory in GiB."""
    began = time.monotonic()
    job = Path(__file__).parents[1] / "report.py"
    subprocess.run([sys.executable, str(job), "run=large", f"root={root}"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / GIB


def opened(file: Path) -> str:
    """How long Chromium takes to open a report; a copy of it says so in its title."""
    browser = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    if not browser:
        return "no Chromium"
    page = re.sub(r"<meta http-equiv[^>]*>", "", file.read_text("utf-8")).replace("\nput();\n", f"\nput(){OPENED}\n")
    copy = file.with_name("timed.html")
    copy.write_text(page, "utf-8")
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom"]
        seen = subprocess.run([browser, *flags, copy.as_uri()], capture_output=True, text=True, timeout=120).stdout
    title = re.search(r"<title>opened in ([\d.]+)", seen)
    return f"{float(title.group(1)) / 1000:.2f}" if title else "it did not open"


async def made_up(root: str, prompts: int, seed: int) -> None:
    """A finished run `large` of made-up prompts below `root`."""
    store = open_run(root, "large", IDENTITIES)
    chance, made, pair = random.Random(seed), Words(seed), PAIRING.open()
    for shard, first in enumerate(range(0, prompts, ROWS)):
        rows = [row(made, chance, shard, at) for at in range(first, min(prompts, first + ROWS))]
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        table = table.append_column("pairs", (await pair(table))["pairs"])
        for step, names in COLUMNS.items():
            await committed(store, step, shard, table.select(names))


async def committed(store: Store, step: str, shard: int, table: pa.Table) -> None:
    """Commit one file, as if it had taken a while."""
    found = counts(table) | ({"tokens_in": 90 * table.num_rows} if step in ("reward", "judge") else {})
    began = 1.8e9 + shard * 3.0 + 10 * list(COLUMNS).index(step)
    spent = {"responses": 8.0, "reward": 2.5, "judge": 6.0}.get(step, 0.3) * (1 + 3 * (shard % 97 == 5))
    footer = Footer(attempt=new_attempt(), began=began, ended=began + spent, counts=found)
    names = ["error" if name == "mark" else name for name in table.schema.names]
    await store.commit(step, shard, table.rename_columns(names), footer)


class Words:
    """Texts of made-up words, cut out of one long row of them."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        known = ["".join(chance.choices("etaoinshrdlucmfwyp", k=chance.randint(2, 9))) for _ in range(5000)]
        self.row, self.chance = chance.choices(known, weights=(1 / np.arange(1, 5001)).tolist(), k=200_000), chance

    def text(self, words: int) -> str:
        """So many words, as sentences."""
        at = self.chance.randrange(len(self.row) - words)
        some = self.row[at : at + words]
        return ". ".join(" ".join(some[start : start + 12]).capitalize() for start in range(0, words, 12)) + "."


def row(words: Words, chance: random.Random, shard: int, at: int) -> dict[str, Any]:
    """One prompt with all that happened to it."""
    family = FAMILIES[chance.randrange(len(FAMILIES))]
    told, draw = family in TOLD, chance.random()
    error = "parse: no list in the answer" if draw < 0.008 else None
    mark = error or ("near-duplicate: of another" if draw < 0.04 else None)
    asked = [{"role": "user", "content": words.text(chance.randint(8, 40))}]
    origin = {"source": "made up", "item": str(at), "path": [f"topic {at % 300}"], "licence": "CC0-1.0"}
    shared = {"prompt_id": prompt_id(0, family, str(at), 0), "shard": shard, "family": family, "origin": origin}
    shared |= {"prompt": [] if error else asked, "reference": "42" if told else None, "error": error, "mark": mark}
    return shared | after([] if mark else [answer(words, chance, family) for _ in range(4)], told)


def answer(words: Words, chance: random.Random, family: str) -> dict[str, Any]:
    """One candidate; a better one has a higher reward and is more often right."""
    model = chance.choice(list(MODELS))
    length = max(4, int(chance.lognormvariate(3.8, 0.6)))
    good = MODELS[model] + chance.gauss(0, 1) - 0.25 * FAMILIES.index(family) / len(FAMILIES)
    parts = {
        name: min(4.2, max(-0.4, 2.2 + 0.8 * good + chance.gauss(0, 0.4))) for name in ("helpfulness", "correctness")
    }
    parts |= {"coherence": min(4.1, 3.5 + 0.2 * good + chance.gauss(0, 0.2)), "verbosity": 0.4 * np.log(length)}
    parts["complexity"] = 1.2 + 0.3 * good + 0.15 * np.log(length) + chance.gauss(0, 0.3)
    failed = chance.random() < 0.004
    seed = chance.getrandbits(60)
    answered = {"model": model, "seed": seed, "finish": "stop", "prompt_tokens": 40, "tokens": int(1.3 * length)}
    return {
        "response": [{"role": "assistant", "content": "" if failed else words.text(length)}],
        "answered": no_answer(model, seed, "too long: the prompt has 9000 tokens") if failed else answered,
        "reward": None if failed else sum(weight * parts[name] for name, weight in ATTRIBUTES.items()),
        "parts": None if failed else {name: float(parts[name]) for name in ATTRIBUTES},
        "right": None if failed else float(chance.random() < 1 / (1 + np.exp(-1.6 * good))),
        "good": good,
    }


def after(answers: Rows, told: bool) -> dict[str, Any]:
    """The candidates' columns of one row."""
    judged = [judgement(answers, at) for at in range(len(answers))]
    low = [each["reward"] is None or each["reward"] < THRESHOLD for each in answers]
    return {
        "responses": [each["response"] for each in answers],
        "answered": [each["answered"] for each in answers],
        "score_world": [each["right"] if told else None for each in answers],
        "score_reward": [each["reward"] for each in answers],
        "parts_reward": [each["parts"] for each in answers],
        "score_judge": [sum(one["verdict"] == "win" for one in each) / 3 if each else None for each in judged],
        "parts_judge": judged,
        "keep": [not each for each in low],
        "reason": [f"reward: below {THRESHOLD}" if each else None for each in low],
    }


def judgement(answers: Rows, at: int) -> Rows:
    """What a judge says of one candidate against each other: three times of four the same in both orders."""
    found: Rows = []
    for other, each in enumerate(answers):
        if other != at and None not in (each["reward"], answers[at]["reward"]):
            chance = random.Random(hashed(*sorted((answers[at]["good"], each["good"]))))
            better = answers[at]["good"] + chance.gauss(0, 1) > each["good"]
            agreed = chance.random() < 0.75
            word = ("win" if better else "loss") if agreed else "inconsistent"
            letters = {"first": "A" if better else "B", "second": "B" if agreed else "A"}
            found.append({"other": other, "verdict": word} | letters)
    return found


PAIRING = Pair(truth=("world",), by=("reward",), min_margin=0.5)
SCHEMA = pa.schema(
    [
        *PROMPT,
        pa.field("mark", pa.string()),
        *RESPONSES,
        pa.field("score_world", pa.list_(pa.float32())),
        pa.field("score_reward", pa.list_(pa.float32())),
        pa.field("parts_reward", pa.list_(pa.struct([(name, pa.float32()) for name in ATTRIBUTES]))),
        pa.field("score_judge", pa.list_(pa.float32())),
        pa.field("parts_judge", pa.list_(pa.list_(VERDICT))),
        *SELECTION,
    ]
)
COLUMNS = {
    "prompts": PROMPT.names,
    "unique": ["prompt_id", "mark"],
    "responses": ["prompt_id", *RESPONSES.names],
    "world": ["prompt_id", "score_world"],
    "reward": ["prompt_id", "score_reward", "parts_reward"],
    "judge": ["prompt_id", "score_judge", "parts_judge"],
    "selection": ["prompt_id", *SELECTION.names],
    "preferences": ["prompt_id", *PAIRS.names],
}


def _scorer(name: str, model: str | None) -> dict[str, Any]:
    engine = {"engine": {"is": "sdg_ray.engines.vllm.Vllm", "name": model}} if model else {}
    return {"is": "sdg_ray.stages.score.Score", "scorer": {"is": f"sdg_ray.scorers.{name}", "name": name, **engine}}


IDENTITIES: dict[str, Any] = {
    "prompts": {"is": "sdg_ray.prompts.Prompts", "families": {name: {"quota": 10_000} for name in FAMILIES}, "seed": 0},
    "unique": {"is": "sdg_ray.unique.Unique", "similarity": 0.8},
    "responses": {"is": "sdg_ray.stages.gather.Gather", "names": list(MODELS)},
    "world": _scorer("world", None),
    "reward": _scorer("reward", "large/reward"),
    "judge": _scorer("judge", "large/instruct"),
    "selection": {
        "is": "sdg_ray.stages.select.Select",
        "filters": {"reward": {"is": "sdg_ray.filters.min_score.MinScore", "scorer": "reward", "threshold": THRESHOLD}},
    },
    "preferences": {"is": "sdg_ray.stages.pair.Pair", "truth": ["world"], "by": ["reward"], "min_margin": 0.5},
}

if __name__ == "__main__":
    command(main, __doc__)
