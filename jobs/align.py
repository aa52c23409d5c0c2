"""Train a model on exported runs: SFT, DPO, RPO, a reward model, or distillation; or do it all, round by round.

    python jobs/export.py run=demo format=trl to=out/demo
    python jobs/align.py stage=sft data=out/demo model=pocket/base to=out/sft
    python jobs/align.py stage=dpo data=out/demo model=out/sft to=out/dpo
    python jobs/align.py stage=rpo data=out/demo model=out/dpo to=out/rpo stages.rpo.loss.distance=squared
    python jobs/align.py stage=reward data=helpsteer2/train.jsonl model=pocket/instruct to=out/reward
    python jobs/align.py stage=distill data=out/demo model=pocket/base teacher=pocket/instruct to=out/distilled

SFT in stages, as published: code first, then everything with 2% of the code again.

    python jobs/align.py stage=code data=out/code to=out/after_code
    python jobs/align.py stage=general data=out/general replay.data=out/code model=out/after_code to=out/sft

    stage=sft             sft, code, general, dpo, rpo, reward or distill
    data=FOLDER           an export, format=trl or format=nemo_aligner; rpo needs rewards (rpo=true there)
                          reward: rows like HelpSteer2's, .jsonl or .parquet, or a dataset of the hub
    data=[A,B]            several; a prompt that several have is taken from the last of them (repeats=true: from each)
    replay.data=FOLDER    rows of an earlier stage's export besides, with other prompts: replay.share=0.02 of all rows
    model=pocket/base     what training begins with: a folder, a name of the hub, or pocket/...
    teacher=MODEL         for distill: who is listened to; it needs the tokenizer of the model
    tokenizer=MODEL       whose tokenizer and chat template are taken, where the model's own has no template
    to=FOLDER             where the model goes, in Hugging Face's layout; checkpoints are below it
    workers=N             on N workers of Ray Train, each with batches of its own, on the cluster at RAY_ADDRESS or else
                          this machine: worker.gpus=1 for a GPU each; what is named has to lie where all of them see it
    threads=1             of a CPU: a model of a few million parameters is fastest on one

Settings of a stage are set by their path: stages.dpo.loss.beta=0.2 stages.dpo.training.rate=1e-6 (+ where
conf/align.yaml does not name them: +stages.sft.training.save_every=50, and +stages.sft.training.fsdp=true, which
spreads a model over the workers).

What an export holds out for validation is asked before and after training, and after every training.eval_every steps;
the last figures are in to/figures.json. A reward model's say how far it agrees with labels, and what length does to it.

    python jobs/align.py rounds=3 model=pocket to=out/rounds

    rounds=3              weak to strong: a teacher's answers are judged, exported, and a base model is trained on them,
                          stage after stage; the student is measured, and is the next round's teacher
    model=pocket          which models, which data, which stages (conf/alignment)
    align.keep=replace    a student learns only from the last teacher; by default from all so far (accumulate)
    beside=2              measures a student while it writes the next round's data

Killed at any moment, the same command goes on from the last complete checkpoint. The model is complete when it has a
config.json; vLLM serves the folder as it is: model.generator.name=out/sft. Exit codes: 0 done, 2 refused or stopped at
a loss that is no number.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig
from rich.console import Console

from sdg_ray.command import command
from sdg_ray.config import NAME, build, compose, setting
from sdg_ray.errors import Refused

BASE = re.compile("^model=")  # by this name Hydra knows the folder conf/model


def main(arguments: Sequence[str], console: Console) -> int:
    """Train, and print what was logged, first and last."""
    if any(each.startswith("rounds=") for each in arguments):
        return weak_to_strong(arguments, console)
    cfg = compose("align", [BASE.sub("base=", each) for each in arguments])
    data, to = setting(cfg, "data"), setting(cfg, "to", NAME)
    setting(cfg, "workers", int)
    folders = [str(each) for each in (data if isinstance(data, ListConfig) else [data])]
    if cfg.stage not in cfg.stages:
        raise Refused(f"stage={cfg.stage} is none; there are {', '.join(cfg.stages)}")

    def say(line: str) -> None:
        console.print(line, highlight=False)

    from transformers.utils.logging import disable_progress_bar  # seconds, which nobody should wait for to read --help

    disable_progress_bar()
    stage, training = build(cfg.stages[cfg.stage].loss), build(cfg.stages[cfg.stage].training)
    blend = blended(cfg, folders, training.seed)
    trained = made(cfg, stage, training, data=blend, model=str(cfg.base), to=to, tokenizer=cfg.tokenizer, say=say)
    if trained is None:
        say(f"{to} is trained already; there was nothing to do")
        return 0
    for reason, count in trained.left_out.items():
        say(f"left out: {count:,} that {reason}")
    console.print(trained.table())
    packed = f" packed into {trained.packed:,}" if trained.packed < trained.rows else ""
    say(f"{to}: step {trained.steps:,} on {trained.rows:,} rows{packed}, {trained.seconds:,.0f} s")
    return 0


def blended(cfg: DictConfig, folders: Sequence[str], seed: int) -> Any:
    """What is trained on."""
    from sdg_ray.align.blend import Blend, Replay

    replay = Replay(data=cfg.replay.data, share=cfg.replay.share) if cfg.replay.data else None
    return Blend(folders=tuple(folders), replay=replay, repeats=cfg.repeats, seed=seed)


def made(cfg: DictConfig, stage: Any, training: Any, **how: Any) -> Any:
    """What came of the training, in this process or on workers."""
    if not cfg.workers:
        from sdg_ray.align.train import train

        return train(stage, training, **how)
    import ray

    from sdg_ray.align.workers import Workers, spread

    address = os.environ.get("RAY_ADDRESS", "local")
    ray.init(address=address, log_to_driver=False, logging_level="ERROR", ignore_reinit_error=True)
    return spread(Workers(count=cfg.workers, **cfg.worker), stage, training, **how)


def weak_to_strong(arguments: Sequence[str], console: Console) -> int:
    """All rounds, and what came of them."""
    from sdg_ray.align.growth import growth
    from sdg_ray.align.loop import begin, do

    cfg = compose("rounds", [BASE.sub("alignment=", each) for each in arguments])
    rounds, number, to = build(cfg.align), setting(cfg, "rounds"), Path(setting(cfg, "to", NAME)).absolute()
    beside = setting(cfg, "beside", int)
    rounds.check()
    tasks = rounds.tasks(number, to)
    begin(to, rounds)
    do(tasks, jobs=Path(__file__).parent, logs=to / "logs", beside=beside, console=console)
    console.print(growth(rounds, number, to))
    return 0


if __name__ == "__main__":
    command(main, __doc__)
