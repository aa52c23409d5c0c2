"""The pocket family: a closed little world and three real language models that live in it.

`world` knows what is true on the Lantern Isles and asks checkable questions about it. `corpus` writes training text
from the world, `train` makes pocket Base, Instruct and Reward from that text in the Nemotron-4 architecture, and
`evaluate` measures them on questions they never saw. The three are committed under `weights/`, a few megabytes each.

They are for trying, testing and measuring the pipeline: they load, answer, err and are judged like any model, on a
laptop and in seconds. They know nothing outside the Lantern Isles, so nothing they write is data for a real model.

    Q: Where does Mira Fenn live?        A: Mira Fenn lives in Tolland.
"""
