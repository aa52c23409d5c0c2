"""Published checkpoints in the form that vLLM and transformers load.

    nemo.py       a NeMo checkpoint, unpacked: its settings, and its tensors one at a time
    reward.py     Nemotron-4 Reward, as NVIDIA published it, to a sequence classifier with five outputs

Tensors go through one by one, so that a model of 680 GB needs memory for one layer.
"""
