"""The formats by name. A format is one file: a function from one example to one row for each set it has."""

from collections.abc import Mapping

from sdg_ray.export.formats import nemo_aligner, nemo_rl, openai, openrlhf, trl, ultrafeedback
from sdg_ray.export.formats.format import Format

FORMATS: Mapping[str, Format] = {
    "trl": trl.FORMAT,
    "nemo_rl": nemo_rl.FORMAT,
    "nemo_aligner": nemo_aligner.FORMAT,
    "openrlhf": openrlhf.FORMAT,
    "ultrafeedback": ultrafeedback.FORMAT,
    "openai": openai.FORMAT,
}
