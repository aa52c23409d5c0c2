"""How good a model is: figures with intervals, measured on what no training has seen.

    for figure in figures("out/dpo/evaluation"):    Figure(name="right", value=0.61, low=0.57, high=0.65, n=640)

`figure.py` is what a figure is and where it is written down; the other modules measure.
"""

from sdg_ray.evaluate.figure import Figure, figures

__all__ = ["Figure", "figures"]
