"""How a list of keywords is put together: what is known already, and topics from the model until it is complete.

known: ("prime numbers",)   wanted: 4   ->  ("prime numbers",) ("Fractions",) ("Angles",) ("Fractions", "Halves")

A list has exactly as many as are wanted and no keyword twice; where the model gives no more, errors say so.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sdg_ray.chance import Chance
from sdg_ray.prompts import code_names
from sdg_ray.prompts.asking import Asking, Made
from sdg_ray.prompts.family import Draft
from sdg_ray.prompts.files import lines_in
from sdg_ray.prompts.topics import path_of, with_subtopics
from sdg_ray.template import template

YES = re.compile(r"\W*yes\b", re.IGNORECASE)
TRIES = 3  # how often more topics are asked for in the place of those that repeat others
Tops = Callable[[int, Chance], Awaitable[Sequence[Made]]]
"""From how many broad topics are wanted to at least as many."""


async def used_in(corpus: str | None, most: int) -> list[Draft]:
    """The names that code uses most, with the number of files in which they are."""
    if not corpus:
        return []
    names = (await asyncio.to_thread(code_names.names_in, corpus))[:most]
    source = Path(corpus).name
    return [_keyword(name, {"source": source, "item": f"in {files} files"}) for name, files in names]


async def belonging(asking: Asking, name: str, file: str | None, most: int, chance: Chance) -> list[Draft]:
    """At most so many lines of a file, in an order by chance, of which the model says that they belong."""
    lines = list(enumerate(lines_in(file, "keywords"), 1)) if file else []
    chance.shuffle(lines)
    wanted, found = template(name, "entity"), list[Draft]()
    while lines and (missing := most - len(found)) > 0:
        some, lines = lines[:missing], lines[missing:]
        said = await asyncio.gather(*(asking.text(wanted, chance.at(n), entity=line) for n, line in some))
        for (n, line), made in zip(some, said, strict=True):
            if YES.match(made.text or ""):
                found.append(_keyword(line, {"source": Path(file or "").name, "item": str(n), **made.origin}))
    return found


async def filled(
    asking: Asking, size: int, known: Sequence[Draft], tops: Tops, below: int, sub: str, chance: Chance
) -> list[Draft]:
    """Exactly `size` keywords: those known, then topics and what is below them; errors where too many repeat others."""
    made, failed = _new(known, [])[:size], list[Draft]()
    for attempt in range(TRIES):
        if not (missing := size - len(made)):
            break
        branch = chance.at("topics", attempt)
        each = min(below, max(1, math.isqrt(missing)))
        drafts = [Draft.of(one, [one.text or ""]) for one in await tops(math.ceil(missing / (1 + each)), branch)]
        failed = [draft for draft in drafts if draft.error is not None for _ in range(1 + each)]
        more = await with_subtopics(asking, _new(drafts, []), each, sub, branch)
        failed += [draft for draft in more if draft.error is not None]
        made += _new(more, made)[:missing]
    missing = size - len(made)
    repeats = Draft(prompt=[], error=f"not new: {missing} of {size} keywords repeat others")
    return made + (failed + [repeats] * missing)[:missing]


def _new(drafts: Sequence[Draft], known: Sequence[Draft]) -> list[Draft]:
    """Those that are no error and whose keyword is neither among those known nor there twice."""
    there = {path_of(draft)[-1].casefold() for draft in known}
    found: dict[str, Draft] = {}
    for draft in drafts:
        if draft.error is None and (name := path_of(draft)[-1].casefold()) not in there:
            found.setdefault(name, draft)
    return list(found.values())


def _keyword(name: str, origin: dict[str, str | int | None]) -> Draft:
    """A keyword that was found and not made."""
    return Draft(prompt=[{"role": "user", "content": name}], origin={"path": [name], **origin})
