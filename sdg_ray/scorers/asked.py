"""What a judge is shown, and what it says: the part that comparing two answers and rating one have in common.

    user: What is 17 + 25?        ->  ... so answer A is right.
                                      [[A]]

A judge ends with its verdict in double brackets. Where it cannot be asked, was cut off or says none, there is none.
"""

import re
from dataclasses import dataclass

from sdg_ray.engines import BadRow, Sampling, Session
from sdg_ray.record import Chat, candidate_seed, hashed

GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A judge's verdict, None where there is none, how many tokens it read for it, and why it could not be asked."""

    verdict: str | None = None
    tokens: int = 0
    error: str | None = None


async def said(session: Session, question: str, sampling: Sampling, verdict: re.Pattern[str]) -> Said:
    """The last verdict in a judge's answer; drawn, if it is, with a seed that belongs to the question."""
    seed = candidate_seed(0, "judge", hashed(question))
    try:
        answers = await session.generate([{"role": "user", "content": question}], 1, seed, sampling)
    except BadRow as bad:
        return Said(error=str(bad))
    answer = answers.candidates[0]
    found = verdict.findall(answer.text) if answer.finish == "stop" else []  # one cut off was still reasoning
    return Said(verdict=found[-1] if found else None, tokens=answers.prompt_tokens)


def spoken(chat: Chat) -> str:
    """A conversation as a judge reads it: `role: text`, a line for each turn."""
    return "\n".join(f"{message['role']}: {message['content']}" for message in chat)


def written(response: Chat) -> str:
    """An answer as a judge reads it: its text, or where it is the rest of a dialogue, all its turns."""
    return response[0]["content"] if len(response) == 1 else spoken(response)
