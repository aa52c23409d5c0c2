"""What the pocket family can do, on questions that were set aside: the table that a build ends with.

    python -m sdg_ray.pocket.evaluate            measures the committed weights

It needs no engine: answers come from `sampling`, the five values from transformers.
"""

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from sdg_ray.pocket import models, sampling
from sdg_ray.pocket.corpus import grades, talks, tasks
from sdg_ray.pocket.fitting import padded
from sdg_ray.pocket.tokenizer import encode
from sdg_ray.pocket.world import KINDS, question, right
from sdg_ray.pocket.world.formats import followed
from sdg_ray.pocket.world.lists import parsed

WEIGHTS = Path(__file__).parent / "weights"
SHOWN = {"list": "lists", "string": "letters", "python": "Python functions", "format": "form and fact",
"document": "documents",
         "dialogue": "dialogues"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    metric: str
    target: str
    measured: float
    n: int
    percent: bool = True

    def __str__(self) -> str:
        shown = f"{self.measured:.1%}" if self.percent else f"{self.measured:.2f}"
        return f"| {self.metric} | {self.target} | {shown} | {self.n:,} |"


def table(instruct: Path, reward: Path, seed: int, size: int = 400) -> str:
    """The evaluation table as markdown."""
    rows = [*instruct_rows(instruct, seed, size), *reward_rows(instruct, reward, seed, size)]
    head = "| held-out items of the world | target | measured | n |\n|---|---|---|---|\n"
    return head + "\n".join(map(str, rows)) + "\n"


@dataclass(frozen=True, kw_only=True)
class Said:
    talk: talks.Talk
    answer: sampling.Answer

    @property
    def right(self) -> bool:
        return self.talk.reference is not None and right(self.talk.kind, self.talk.reference, self.answer.text)


def spoken(instruct: Path, seed: int, size: int, temperature: float = 0.7) -> list[Said]:
    """What Instruct says to held-out questions of every kind, and to prompt-writing tasks."""
    rng = random.Random(f"{seed} evaluation")
    asked = [one for kind in KINDS for one in held_out(kind, rng, size)]
    made = [tasks.any_task(rng) for _ in range(size)]
    asked += [talks.Talk(kind=one.name, turns=(("user", one.ask), ("assistant", one.answer))) for one in made]
    model, tokenizer = models.load_instruct(instruct), AutoTokenizer.from_pretrained(instruct)
    said = sampling.answers(model, tokenizer, [talk.turns[:-1] for talk in asked], temperature, seed)
    return [Said(talk=talk, answer=answer) for talk, answer in zip(asked, said, strict=True)]


def held_out(kind: str, rng: random.Random, size: int) -> list[talks.Talk]:
    """Different held-out questions, as many as there are up to the size."""
    drawn = (question(kind, rng, held_out=True) for _ in range(size * 4))
    unique = list({one.messages: one for one in drawn}.values())[:size]
    return [talks.Talk(kind=kind, turns=(*q.messages, ("assistant", q.answer)), reference=q.reference) for q in unique]


def instruct_rows(instruct: Path, seed: int, size: int) -> list[Row]:
    said = spoken(instruct, seed, size)
    by_kind = {kind: [one for one in said if one.talk.kind == kind] for kind in KINDS}
    exact = by_kind["fact"] + by_kind["arithmetic"]
    forms = by_kind["format"]
    lists = [one for one in said if parsed(one.talk.turns[-1][1])]
    return [
        _share("Instruct: right, facts and arithmetic", "55-90%", (one.right for one in exact)),
        _share("Instruct: right, facts", "55-90%", (one.right for one in by_kind["fact"])),
        _share("Instruct: right, arithmetic", "55-90%", (one.right for one in by_kind["arithmetic"])),
        _share("Instruct: one instruction on the form followed", ">= 60%",
               (followed(one.talk.reference or "", one.answer.text) for one in forms)),
        _share("Instruct: a list when asked for a list", ">= 90%",
        (parsed(one.answer.text) is not None for one in lists)),
        _share("Instruct: as many items as asked for", "", (_as_many(one) for one in lists)),
        _share("Instruct: stops by itself", ">= 98%", (one.answer.finished for one in said)),
        *(_share(f"Instruct: right, {name}", "", (one.right for one in by_kind[kind])) for kind, name in SHOWN.items()),
    ]  # fmt: skip


def _as_many(said: Said) -> bool:
    wanted, got = parsed(said.talk.turns[-1][1]), parsed(said.answer.text)
    return len(got or ()) == len(wanted or ())


def _share(metric: str, target: str, hits: Iterable[bool]) -> Row:
    counted = list(hits)
    return Row(metric=metric, target=target, measured=sum(counted) / max(1, len(counted)), n=len(counted))


def reward_rows(instruct: Path, reward: Path, seed: int, size: int) -> list[Row]:
    rng = random.Random(f"{seed} reward evaluation")
    model, tokenizer = models.load_reward(reward), AutoTokenizer.from_pretrained(reward)
    spoiled = [grades.graded(rng, held_out=True) for _ in range(size * 3)]
    samples = _samples(instruct, seed, size)
    own = [one for group in samples for one in group]
    both = spoiled + own
    values = rewards(model, tokenizer, [one.turns for one in both])
    scored = dict(zip(map(id, both), values, strict=True))
    made = _made_pairs(rng, size)
    made_values = rewards(model, tokenizer, [one.turns for pair in made for one in pair])
    made_won = [scalar(a) > scalar(b) for a, b in zip(made_values[::2], made_values[1::2], strict=True)]
    own_won = [scalar(scored[id(a)]) > scalar(scored[id(b)]) for group in samples for a, b in _pairs(group)]
    pearson = [
        Row(metric=f"Reward: Pearson r, {name}, {which}", target=target, percent=False, n=len(graded),
            measured=_pearson([one.labels[i] for one in graded], [scored[id(one)][i] for one in graded]))
        for which, target, graded in (("written answers", ">= 0.70", spoiled), ("answers of Instruct", "", own))
        for i, name in enumerate(models.ATTRIBUTES)
    ]  # fmt: skip
    return [
        _share("Reward: right before wrong, all pairs", ">= 85%", made_won + own_won),
        _share("Reward: right before wrong, written pairs", ">= 85%", made_won),
        _share("Reward: right before wrong, answers of Instruct", ">= 85%", own_won),
        *pearson,
    ]


SCALAR = (0.3, 0.74, 0.46, 0.47, -0.33)  # the weights of the large reward model


def scalar(values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(SCALAR, values, strict=True))


def _made_pairs(rng: random.Random, size: int) -> list[tuple[grades.Graded, grades.Graded]]:
    """A right answer and a wrong one to the same held-out question."""
    pairs: list[tuple[grades.Graded, grades.Graded]] = []
    while len(pairs) < size:
        state, kind = rng.random(), rng.choice(KINDS)
        good = grades.graded(random.Random(state), held_out=True, kind=kind, how="right")
        bad = grades.graded(
            random.Random(state),
            held_out=True,
            kind=kind,
            how=rng.choice(("wrong", "slip", "form", "elsewhere", "cut")),
        )
        if bad.labels[1] <= 1 < good.labels[1]:
            pairs.append((good, bad))
    return pairs


def _samples(instruct: Path, seed: int, size: int) -> list[list[grades.Graded]]:
    """Four answers of Instruct to each held-out question, graded."""
    rng = random.Random(f"{seed} samples")
    asked = [one for kind in KINDS for one in held_out(kind, rng, size // 4)]
    model, tokenizer = models.load_instruct(instruct), AutoTokenizer.from_pretrained(instruct)
    said = sampling.answers(model, tokenizer, [talk.turns[:-1] for talk in asked for _ in range(4)], 1.0, seed)
    groups = [said[place : place + 4] for place in range(0, len(said), 4)]
    return [
        [grades.of_sample(talk, one.text, one.finished) for one in {one.text: one for one in group}.values()]
        for talk, group in zip(asked, groups, strict=True)
    ]


def _pairs(group: list[grades.Graded]) -> list[tuple[grades.Graded, grades.Graded]]:
    """Right and wrong answers to one question, each with each."""
    return [(a, b) for a in group if a.labels[1] == 4 for b in group if b.labels[1] < 4]


@torch.inference_mode()
def rewards(
    model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, asked: Sequence[talks.Turns]
) -> list[list[float]]:
    """The five raw values of each conversation, read on its last token."""
    rows = [encode(tokenizer, turns)[0] for turns in asked]
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    found: dict[int, list[float]] = {}
    for start in range(0, len(order), 64):
        places = order[start : start + 64]
        ids = padded([rows[place] for place in places], model.config.pad_token_id, torch.long)
        values = model(input_ids=ids, attention_mask=(ids != model.config.pad_token_id).long()).logits
        found |= dict(zip(places, values.tolist(), strict=True))
    return [found[place] for place in range(len(rows))]


def _pearson(truth: Sequence[float], guess: Sequence[float]) -> float:
    return float(torch.corrcoef(torch.tensor([truth, guess], dtype=torch.float64))[0, 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--seed", type=int, default=340)
    parser.add_argument("--size", type=int, default=400, help="held-out questions of each kind")
    chosen = parser.parse_args()
    print(table(chosen.weights / "instruct", chosen.weights / "reward", chosen.seed, chosen.size))


if __name__ == "__main__":
    main()
