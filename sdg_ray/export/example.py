"""What a format writes down: an answer to imitate, or two answers of which one is better. No trainer's shape is in it.

Demonstration(prompt=[user], response=[assistant], model="pocket/instruct", score=4.1, ...)
Preference(chosen=Demonstration(...), rejected=Demonstration(...), margin=2.3, by="reward")
"""

from dataclasses import dataclass

from sdg_ray.record import Chat


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """An answer, or a whole dialogue, and what it follows; who gave it, and how good it is if that is known."""

    prompt_id: str
    prompt: Chat
    response: Chat
    model: str
    tokens: int
    score: float | None

    @property
    def messages(self) -> Chat:
        """The conversation from its first turn."""
        return [*self.prompt, *self.response]


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Two answers to one prompt; `by` is the scorer that says so, and `margin` how far apart it sees them."""

    chosen: Demonstration
    rejected: Demonstration
    margin: float
    by: str

    @property
    def prompt(self) -> Chat:
        """What both answer."""
        return self.chosen.prompt
