"""Bring a published checkpoint into the form that vLLM loads: Nemotron-4-340B-Reward, from NeMo to safetensors.

    python jobs/convert.py from=Nemotron-4-340B-Reward to=reward-340b tokenizer=Nemotron-4-340B-Instruct-SafeTensors

    from=FOLDER        the checkpoint as NVIDIA published it, unpacked: model_config.yaml and model_weights/
    to=FOLDER          where the result goes; it is there when it is complete
    tokenizer=FOLDER   a converted model of the same family, to take the tokenizer and the chat template from

Five of the nine outputs are kept, with their bias (sdg_ray/convert/reward.py). It needs room for the result, 680 GB for
the largest, memory for one layer, and no GPU. Then: model@model.reward=nemotron4_340b_reward model.reward.name=FOLDER
Exit codes: 0 done, 2 refused.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sdg_ray.command import command, typed
from sdg_ray.convert.nemo import nemo
from sdg_ray.convert.reward import convert
from sdg_ray.errors import Refused


def main(arguments: Sequence[str], console: Console) -> int:
    """Look at what was typed, and convert."""
    said = typed(arguments, **{"from": "", "to": "", "tokenizer": ""})
    if not said["from"] or not said["to"]:
        raise Refused("from=FOLDER and to=FOLDER must be given; --help shows how")
    tokenizer = Path(said["tokenizer"]) if said["tokenizer"] else None
    convert(nemo(Path(said["from"])), Path(said["to"]), tokenizer, lambda text: console.print(text, highlight=False))
    if tokenizer is None:
        console.print(f"{said['to']} has no tokenizer yet: copy one into it, or type tokenizer=FOLDER", highlight=False)
    return 0


if __name__ == "__main__":
    command(main, __doc__)
