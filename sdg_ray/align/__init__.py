"""Training on exported runs: SFT, preferences (DPO, RPO), the reward model, and distillation.

    sft.py dpo.py rpo.py reward.py distill.py               the stages, each with its loss as a pure function
    exported.py graded.py blend.py                          exports, and several of them as one set
    tokens.py packing.py pairs.py logprobs.py               the same as tensors
    preferring.py reference.py validation.py agreement.py   what is traced, and what is asked of items held out
    stage.py trainer.py steps.py train.py                   the steps
    checkpoints.py models.py trained.py                     what survives a kill, and what comes of it all
    workers.py together.py                                  the same on several workers of Ray Train
    rounds.py loop.py growth.py                             weak to strong: all jobs, round by round

All stages stand on `transformers.Trainer`, as the trainers of TRL do, and none on those themselves: the loss of TRL's
DPOTrainer is one function with no place for the rewards of RPO, its SFT term is a mean over tokens where the published
weights go with the sum, and its RewardTrainer knows pairs only. So DPO and RPO differ here in one line, and what is
kept, resumed and refused is the same for all. Distillation takes sampling and divergence from TRL's GKDTrainer. Tests
hold SFT, DPO and distillation to the figures of TRL on the same rows.
"""
