"""How fast a model is, and how much it says: what a plan takes for granted where no finished run tells it.

nemotron4_340b: {models: ["*340b*"], reads: 9500, writes: 3000, start: 1800, wide: 1.5, tokens: {...}, source: ...}
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch

from sdg_ray.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Mean numbers of tokens."""

    prompt: float  # of a prompt that is answered, all its turns
    answer: float  # of an answer
    user: float  # of a user's turn that a model writes
    ask: float  # of what a writer is told, besides what it is shown
    item: float  # of a prompt that a writer makes
    topic: float  # of a topic
    document: float  # of a document that a writer is shown
    verdict: float  # of a judge's reasons and verdict


@dataclass(frozen=True, kw_only=True)
class Model:
    """The figures of one kind of model: tokens a second of one replica, seconds until it is loaded, and its texts.

    `wide` is the range of its speed: a step may take so many times as long, or be so many times as fast. It is of the
    models whose names fit one of the patterns `models`, whatever the case.
    """

    models: Sequence[str]
    reads: float | None
    writes: float | None
    start: float
    wide: float
    tokens: Tokens
    source: str

    def seconds(self, tokens_in: float, tokens_out: float) -> float:
        """How long one replica takes."""
        assert self.reads and self.writes  # `figures_of` refuses one without
        return tokens_in / self.reads + tokens_out / self.writes


Figures = Mapping[str, Model]


def figures_of(known: Figures, model: str) -> Model:
    """The figures of a model by its name; those that fit first.

    Raises:
        Refused: there are none, no speeds, or figures that no model has.
    """
    for name, each in known.items():
        if any(fnmatch(model.casefold(), pattern.casefold()) for pattern in each.models):
            if not each.reads or not each.writes:
                raise Refused(
                    f"nothing is known of how fast {model} is; give the tokens a second of one replica with "
                    f"throughput.{name}.reads=... throughput.{name}.writes=..."
                )
            if min(each.reads, each.writes) <= 0 or each.wide < 1 or min(each.start, *asdict(each.tokens).values()) < 0:
                raise Refused(
                    f"throughput.{name}: reads and writes must be above 0, wide at least 1, and start and all tokens "
                    "not below 0"
                )
            return each
    raise Refused(f"no entry of conf/throughput.yaml fits the model {model}")
