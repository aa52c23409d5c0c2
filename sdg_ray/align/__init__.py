"""Training on an exported run: SFT, preferences (DPO, RPO) and the reward model.

    logprobs.py dpo.py rpo.py sft.py reward.py     the losses, as pure functions, each with the stage that uses it
    exported.py tokens.py packing.py pairs.py      an export as tensors
    trainer.py checkpoints.py models.py train.py   the steps, what survives a kill, and the model folder at the end

All stages stand on `transformers.Trainer`, as the trainers of TRL do, and none on those themselves: the loss of TRL's
DPOTrainer is one function with no place for the rewards of RPO, its SFT term is a mean over tokens where the published
weights go with the sum, and its RewardTrainer knows pairs only. So DPO and RPO differ here in one line, and what is
kept, resumed and refused is the same for all. Tests hold SFT and DPO to the figures of TRL on the same rows.
"""
