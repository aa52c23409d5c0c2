"""Builds the pocket family from nothing: `python -m sdg_ray.pocket.train`, two hours on two cores.

    world -> pages -> Base -> talks -> Instruct -> its own answers, graded -> Reward -> evaluation table -> weights/
                   -> earlier Bases -> early Instruct

Each finished model is kept in the working folder and not trained again, so an interrupted build goes on where it was.
All chance comes from one seed; another processor still rounds otherwise, so a rebuilt model is alike and not
identical.
"""

import argparse
import itertools
import random
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from sdg_ray.pocket import evaluate, fitting, models, sampling
from sdg_ray.pocket import tokenizer as words
from sdg_ray.pocket.corpus import grades, judging, pages, talks
from sdg_ray.pocket.spotting import spotting_loss
from sdg_ray.pocket.world import KINDS

WEIGHTS = Path(__file__).parent / "weights"
PAGES, TALKS, JUDGED, SPOTTED, SPOILED, OTHERS, SAMPLED = 60_000, 150_000, 14_000, 180_000, 70_000, 16_000, 30_000
MORE_SPOILED, MORE_OTHERS, MORE_SAMPLED = 150_000, 15_000, 30_000
ALIKE, HARDEST = (1, 1, 1, 1, 1), (2, 3, 1, 0.5, 0.5)  # how much each attribute counts: correctness is hardest to learn
EARLY = {"instruct_early": 0.3}  # of its training, after which Instruct is kept once more: a weaker model of the family
EARLIER = {"base_early": 0.3, "base_middle": 0.6}  # and Base: what students of earlier rounds begin with


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--work", type=Path, default=Path("build/pocket"), help="where finished models wait (default: %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS, help="where the family goes in the end (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=340)
    parser.add_argument("--share", type=float, default=1.0, help="train on this share of the corpus, for a quick try")
    chosen = parser.parse_args()
    build(chosen.work, chosen.out, chosen.seed, chosen.share)


def build(work: Path, out: Path, seed: int, share: float) -> None:
    """All models into `out`, and the evaluation table beside them."""
    start = time.monotonic()
    _once(work / "base", lambda folder: _base(folder, seed, share))
    _once(work / "instruct", lambda folder: _instruct(work / "base", folder, seed, share))
    _once(work / "graded_once", lambda folder: _graded_once(work / "instruct", folder, seed, share))
    _once(work / "reward", lambda folder: _reward(work / "graded_once", work / "instruct", folder, seed, share))
    table = evaluate.table(work / "instruct", work / "reward", seed)
    print(table)
    for name in (*EARLIER, "base", *EARLY, "instruct", "reward"):
        _publish(work / name, out / name)
    (out / "EVALUATION.md").write_text(table)
    print(f"the pocket family is in {out}, {(time.monotonic() - start) / 60:.0f} minutes")


def _once(folder: Path, make: Callable[[Path], None]) -> None:
    if folder.exists():
        print(f"{folder.name:9} is there, not trained again")
    else:
        make(folder)


def _publish(folder: Path, out: Path) -> None:
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(folder, new)
    models.replace(new, out)


def _rng(seed: int, what: str) -> random.Random:
    return random.Random(f"{seed} {what}")


def _base(folder: Path, seed: int, share: float) -> None:
    rng = _rng(seed, "pages")
    texts = [pages.page(rng) for _ in range(int(PAGES * share))]
    spoken = [talks.talk(rng) for _ in range(20_000)] + [judging.judged(rng) for _ in range(1_000)]
    tokenizer = words.learn(texts[:20_000] + [text for talk in spoken for _, text in talk.turns])
    end = tokenizer.eos_token_id
    rows = [(*ids, end) for ids in tokenizer(texts)["input_ids"]]
    model = models.fresh(tokenizer, seed)
    items = [fitting.Item(ids=row, told=(True,) * len(row)) for row in rows]
    keep = _kept(EARLIER, model, tokenizer, folder)
    fitting.fit("base", model, items, fitting.next_token_loss, 3e-3, seed, _say, keep)
    models.save(model, tokenizer, folder)


def _instruct(base: Path, folder: Path, seed: int, share: float) -> None:
    rng, tokenizer = _rng(seed, "talks"), _tokenizer(base)
    items = [_talked(tokenizer, talks.talk(rng)) for _ in range(int(TALKS * share))]
    items += [_talked(tokenizer, judging.judged(rng)) for _ in range(int(JUDGED * share))]
    model = models.load_instruct(base)
    keep = _kept(EARLY, model, tokenizer, folder)
    fitting.fit("instruct", model, items, fitting.next_token_loss, 3e-3, seed, _say, keep)
    models.save(model, tokenizer, folder)


def _kept(
    names: Mapping[str, float], model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, beside: Path
) -> dict[float, Callable[[], None]]:
    """At which shares of a training its model is saved under another name."""

    def saved(name: str) -> Callable[[], None]:
        return lambda: models.save(model, tokenizer, beside.with_name(name))

    return {share: saved(name) for name, share in names.items()}


def _talked(tokenizer: PreTrainedTokenizerFast, talk: talks.Talk) -> fitting.Item:
    """The tokens of a talk; told are the assistant's turns, and those of the user where these are learned too."""
    items = []
    for role, text in talk.turns:
        ids, _ = words.encode(tokenizer, ((role, text),))
        learned = role == "assistant" or (talk.user_too and role == "user")
        items += [(one, learned and place > 0) for place, one in enumerate(ids)]  # the role token is always given
    return fitting.Item(ids=tuple(one for one, _ in items), told=tuple(told for _, told in items))


def _graded_once(instruct: Path, folder: Path, seed: int, share: float) -> None:
    """Reward, which first learns to find the token that went wrong, and then to grade."""
    rng, tokenizer = _rng(seed, "grades"), _tokenizer(instruct)
    model = models.load_instruct(instruct)
    graded = [grades.graded(rng) for _ in range(int(SPOILED * share))]
    graded += [grades.of_talk(rng) for _ in range(int(OTHERS * share))]
    graded += own_answers(model, tokenizer, rng, int(SAMPLED * share), seed)
    rng.shuffle(graded)
    items = [_judged(tokenizer, one) for one in graded]
    reward = models.rewarding(model, seed)
    checkable = (talk for talk in iter(lambda: talks.talk(rng), None) if talk.reference is not None)
    answers = [_talked(tokenizer, talk) for talk in itertools.islice(checkable, int(SPOTTED * share))]
    fitting.fit("spotting", reward, answers, spotting_loss(model, tokenizer), 3e-3, seed, _say)
    fitting.fit("grading", reward, items, fitting.regression_loss(ALIKE), 2e-3, seed, _say)
    models.save(reward, tokenizer, folder)


def _reward(graded_once: Path, instruct: Path, folder: Path, seed: int, share: float) -> None:
    """The same, graded on answers that it has not seen: what it still gets wrong is what counts most."""
    rng, tokenizer = _rng(seed, "more grades"), _tokenizer(instruct)
    graded = [grades.graded(rng) for _ in range(int(MORE_SPOILED * share))]
    graded += [grades.of_talk(rng) for _ in range(int(MORE_OTHERS * share))]
    graded += own_answers(models.load_instruct(instruct), tokenizer, rng, int(MORE_SAMPLED * share), seed + 1)
    rng.shuffle(graded)
    reward = models.load_reward(graded_once)
    items = [_judged(tokenizer, one) for one in graded]
    fitting.fit("reward", reward, items, fitting.regression_loss(HARDEST), 2e-3, seed + 1, _say)
    models.save(reward, tokenizer, folder)


def _judged(tokenizer: PreTrainedTokenizerFast, one: grades.Graded) -> fitting.Item:
    """The tokens of a graded conversation; told are those from which on its correctness can be seen."""
    ids, _ = words.encode(tokenizer, one.turns)
    answer, expected = (tokenizer.encode(text) for text in (one.turns[-1][1], one.expected))
    start = len(ids) - len(answer) - 1
    if one.kind == "list" and one.labels[1] < 4:  # most lists have several right orders
        start = len(ids) - 1
    elif one.labels[1] < 4:
        same = (a == b for a, b in zip(answer, expected, strict=False))
        start += next((place for place, alike in enumerate(same) if not alike), min(len(answer), len(expected)))
    told = tuple(place >= start for place in range(len(ids)))
    return fitting.Item(ids=tuple(ids), told=told, labels=tuple(map(float, one.labels)))


def own_answers(model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, rng: random.Random, count: int,
                seed: int) -> list[grades.Graded]:  # fmt: skip
    """What Instruct itself says to questions it may have seen, at two temperatures, graded by the world."""
    graded = []
    for round_, temperature in enumerate((0.7, 1.0)):
        asked = [talks.asked(rng, rng.choice((*KINDS, "fact", "arithmetic", "arithmetic"))) for _ in range(count // 2)]
        _say(f"reward    samples {len(asked)} answers at temperature {temperature}")
        said = sampling.answers(model, tokenizer, [talk.turns[:-1] for talk in asked], temperature, seed + round_)
        graded += [grades.of_sample(talk, one.text, one.finished) for talk, one in zip(asked, said, strict=True)]
    return graded


def _tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(folder)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
