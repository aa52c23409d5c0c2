"""Go on from every prompt to a dialogue: one model answers, and one, perhaps the same, writes what the user says next.

    responses   [[assistant, user, assistant, user, assistant]]
    dialogues   [{persona: concise, template: user_turn/next@1f0c2ab4, stripped: 1, ended: null}]

A dialogue ends with an answer, always, and `ended` says why one has fewer turns than were asked for. Where not even the
first answer is good, `answered` says so, as it does for any other answer.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sdg_ray.engines import Engine, Sampling
from sdg_ray.errors import Refused
from sdg_ray.record import RESPONSES, Chat, candidate_seed
from sdg_ray.stage import Columns
from sdg_ray.stages.dialogue import DIALOGUE, Dialogue, Roles, Voice
from sdg_ray.template import choices, template, worded

PLACES = ("history", "persona")
GREEDY = Sampling(temperature=0.0)
LIVELY = Sampling(temperature=0.7, max_tokens=256)


def _openers() -> tuple[str, ...]:
    return tuple(choices("user_turn/openers").values())


@dataclass(frozen=True, kw_only=True)
class Converse:
    """`n` dialogues from every prompt, each of `turns` user turns, the prompt's own among them.

    One persona lasts for a dialogue; the personas take turns over a row's candidates, from a place that the row's id
    draws. Polite openers (regular expressions, whatever the case) are taken off the user's turns. A turn that shares
    `repeat` of its words or more with an earlier one of the same role ends the dialogue.
    """

    assistant: Engine
    user: Engine | None = None  # None: the same model plays both
    turns: int = 3
    n: int = 1
    seed: int = 0
    sampling: Sampling = GREEDY
    user_sampling: Sampling = LIVELY
    template: str = worded("user_turn/next")  # with the places {history} and {persona}
    personas: str = worded("user_turn/personas")  # lines `name: what the user's model is told`
    openers: tuple[str, ...] = field(default_factory=_openers)
    repeat: float = 0.9

    reads = ("prompt", "error")
    writes = pa.schema([*RESPONSES, pa.field("dialogues", pa.list_(DIALOGUE))])

    @property
    def other(self) -> Engine:
        """The model that plays the user."""
        return self.user or self.assistant

    @property
    def model(self) -> str:
        """What the model is called in the data; both, the assistant's first, if there are two."""
        return " + ".join(dict.fromkeys((self.assistant.model, self.other.model)))

    def check(self) -> None:
        """Raise `Refused` for what can be seen to be wrong before anything is loaded."""
        if min(self.turns, self.n) < 1:
            raise Refused(f"turns and n must be at least 1, not {self.turns} and {self.n}")
        if not 0 < self.repeat <= 1:
            raise Refused(f"repeat must be above 0 and at most 1, not {self.repeat}")
        personas = len(choices(self.personas))
        if self.n > personas and not self.sampling.temperature and not self.user_sampling.temperature:
            raise Refused(f"at temperature 0 only the personas differ: n must be at most {personas}, not {self.n}")
        template(self.template, *PLACES)
        _compiled(self.openers)
        self.assistant.check(self.sampling.max_tokens)
        self.other.check(self.user_sampling.max_tokens)

    def open(self) -> Columns:
        """The function, with its models loaded; models that are equal are loaded once."""
        roles = self._roles()

        async def converse(table: pa.Table) -> pa.Table:
            rows = table.select(["prompt_id", *self.reads]).to_pylist()
            held = await asyncio.gather(*(self._row(roles, **row) for row in rows))
            return self._columns(held)

        return converse

    def _roles(self) -> Roles:
        assistant = self.assistant.start()
        user = assistant if self.other == self.assistant else self.other.start()
        return Roles(
            assistant=Voice(session=assistant, sampling=self.sampling),
            user=Voice(session=user, sampling=self.user_sampling),
            template=template(self.template, *PLACES),
            personas=choices(self.personas),
            openers=_compiled(self.openers),
            repeat=self.repeat,
        )

    async def _row(self, roles: Roles, prompt_id: str, prompt: Chat, error: str | None) -> list[Dialogue]:
        """The dialogues of one row, held at once; a slot without a prompt has none."""
        wanted = self.n if error is None else 0
        return await asyncio.gather(*(self._dialogue(roles, prompt_id, prompt, i) for i in range(wanted)))

    async def _dialogue(self, roles: Roles, prompt_id: str, prompt: Chat, candidate: int) -> Dialogue:
        """One dialogue. A seed for each turn, from the row's id: what was drawn before does not matter."""

        def seed(of: object) -> int:
            return candidate_seed(self.seed, f"converse {of}", prompt_id) + candidate

        names = sorted(roles.personas)
        persona = names[seed("persona") % len(names)]
        return await Dialogue(roles=roles, prompt=prompt, persona=persona, seed=seed).hold(self.turns)

    def _columns(self, held: Sequence[Sequence[Dialogue]]) -> pa.Table:
        """The columns, with all tokens read: each dialogue reads its own prompts, which the columns do not show."""
        columns = {
            "responses": [[dialogue.response for dialogue in row] for row in held],
            "answered": [[self._answered(dialogue) for dialogue in row] for row in held],
            "dialogues": [[dialogue.about for dialogue in row] for row in held],
        }
        read = sum(dialogue.prompt_tokens for row in held for dialogue in row)
        return pa.table(columns, schema=self.writes.with_metadata({"tokens_in": str(read)}))

    def _answered(self, dialogue: Dialogue) -> Mapping[str, Any]:
        """What became of the dialogue as a whole: the seed of its first answer, the tokens of all that was drawn."""
        return {
            "model": self.model,
            "seed": dialogue.seed(0),
            "finish": dialogue.finish,
            "prompt_tokens": dialogue.prompt_tokens,
            "tokens": dialogue.tokens,
            "error": dialogue.ended if dialogue.finish == "error" else None,
        }


def _compiled(openers: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    """The regular expressions, for any case. Raises `Refused` where one is none."""
    return tuple(_regex(opener) for opener in openers)


def _regex(opener: str) -> re.Pattern[str]:
    try:
        return re.compile(opener, re.IGNORECASE)
    except re.error as error:
        raise Refused(f"opener {opener!r} is no regular expression: {error}; mend or remove it in openers") from error
