"""Instructions that a program can check: the 25 of the IFEval benchmark, by their published ids and arguments.

    drawn = draw(chance, 2, "Why is the sky blue?")
    drawn[0]                       Drawn(id="punctuation:no_comma", kwargs={}, text="Do not use any commas.")
    reference(drawn)               '{"instruction_id_list": ["punctuation:no_comma", ...], "kwargs": [{}, ...]}'
    check(reference(drawn), "Blue light is scattered most.")    [True, ...]

A reference is a row of the benchmark, so either can be given to the other's checker. Where the benchmark's checker is
known to be odd, this one does what a reader would, and the docstring of the group says so: of its 832 verdicts on the
answers of GPT-4 that come with it, 814 are the same here, and as many say "followed" (83.8%). The sentences here are
not the benchmark's; hold ids out from training data as well (`ids`) to measure on them what was learnt.
"""

import inspect
import json
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sdg_ray.instructions import (
    case,
    combination,
    content,
    format,
    keywords,
    language,
    length,
    punctuation,
    startend,
)
from sdg_ray.instructions.conflict import clash, conflicts, together
from sdg_ray.instructions.instruction import Instruction, Kwargs, Setting
from sdg_ray.instructions.languages import NAMES

__all__ = [
    "INSTRUCTIONS",
    "NAMES",
    "Drawn",
    "Instruction",
    "check",
    "check_loose",
    "conflicts",
    "draw",
    "reference",
    "together",
]

GROUPS = (keywords, language, length, content, format, combination, startend, case, punctuation)

INSTRUCTIONS: Mapping[str, Instruction] = MappingProxyType({each.id: each for group in GROUPS for each in group.GROUP})


LAST = "keywords:forbidden_words"
"""Drawn after the others, so that no word is forbidden that another instruction asks for."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One instruction with its arguments, and the sentence that asks for it."""

    id: str
    kwargs: Kwargs
    text: str


def draw(
    chance: random.Random,
    n: int,
    prompt: str,
    ids: Collection[str] | None = None,
    languages: Sequence[str] = tuple(NAMES),
) -> list[Drawn]:
    """`n` instructions (of `ids`) that suit `prompt` and can be followed together; fewer where no more go together."""
    setting = Setting(prompt=prompt, languages=tuple(languages))
    order = [each for each in INSTRUCTIONS if (ids is None or each in ids) and INSTRUCTIONS[each].fits(setting)]
    chance.shuffle(order)
    chosen = next(found for size in range(n, -1, -1) if (found := together(order, size)) is not None)
    drawn = _all_drawn(chance, chosen, setting)
    while clash({each.id: each.kwargs for each in drawn}):  # one draw in a thousand
        drawn = _all_drawn(chance, chosen, setting)
    return drawn


def _all_drawn(chance: random.Random, chosen: Sequence[str], setting: Setting) -> list[Drawn]:
    drawn: list[Drawn] = []
    for each in sorted(chosen, key=LAST.__eq__):
        taken = frozenset(word for done in drawn for word in _words(done.kwargs))
        drawn.append(_drawn(chance, each, replace(setting, taken=taken)))
    return drawn


def _drawn(chance: random.Random, id: str, setting: Setting) -> Drawn:
    kwargs = INSTRUCTIONS[id].draw(chance, setting)
    return Drawn(id=id, kwargs=kwargs, text=INSTRUCTIONS[id].ask(chance, kwargs))


def _words(kwargs: Kwargs) -> Iterator[str]:
    """The words among arguments, of which no other instruction should speak."""
    for value in kwargs.values():
        yield from " ".join(value if isinstance(value, list) else [str(value)]).lower().replace("?", "").split()


def reference(drawn: Sequence[Drawn]) -> str:
    """What a verifier needs, as the benchmark writes it: the ids, and the arguments of each."""
    ids, kwargs = [each.id for each in drawn], [each.kwargs for each in drawn]
    return json.dumps({"instruction_id_list": ids, "kwargs": kwargs}, ensure_ascii=False)


def check(reference: str, response: str) -> list[bool]:
    """Whether each instruction was followed; an empty response follows none.

    Raises:
        ValueError: the reference is none of instructions that are known here.
    """
    return [_followed(id, kwargs, response) for id, kwargs in _asked(reference)]


def check_loose(reference: str, response: str) -> list[bool]:
    """The same where a first line, a last line and asterisks may be left out: an opener does not spoil an answer."""
    variants = list(dict.fromkeys(_variants(response)))
    return [any(_followed(id, kwargs, variant) for variant in variants) for id, kwargs in _asked(reference)]


def _followed(id: str, kwargs: Kwargs, response: str) -> bool:
    text = response.replace("\r\n", "\n")
    return bool(text.strip()) and INSTRUCTIONS[id].follows(text, **kwargs)


def _variants(response: str) -> Iterator[str]:
    """A response with and without its first line, its last line and its asterisks."""
    lines = response.replace("\r\n", "\n").split("\n")
    for part in (lines, lines[1:], lines[:-1], lines[1:-1]):
        text = "\n".join(part).strip()
        yield from (text, text.replace("*", ""))


@lru_cache(maxsize=256)
def _asked(reference: str) -> list[tuple[str, Kwargs]]:
    """The ids and arguments in a reference; arguments that are null are not there. Candidates share a reference."""
    try:
        row = json.loads(reference)
        pairs = list(zip(row["instruction_id_list"], row["kwargs"], strict=True))
        asked = [(str(id), {name: value for name, value in given.items() if value is not None}) for id, given in pairs]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"no reference with instruction_id_list and kwargs: {error!r}") from error
    for id, kwargs in asked:
        _known(id, kwargs)
    return asked


def _known(id: str, kwargs: Mapping[str, Any]) -> None:
    if id not in INSTRUCTIONS:
        raise ValueError(f"there is no instruction {id!r}")
    signature = inspect.signature(INSTRUCTIONS[id].follows)
    try:
        signature.bind("", **kwargs)
    except TypeError as error:
        raise ValueError(f"instruction {id} cannot have the arguments {kwargs}: {error}") from error
    for name, value in kwargs.items():
        if not _is_of(signature.parameters[name].annotation, value):
            raise ValueError(f"instruction {id} cannot have {value!r} as its {name}")


def _is_of(annotation: Any, value: Any) -> bool:
    """Whether an argument is a number, a text or a list of texts, as the checker says."""
    if annotation is int:
        return isinstance(value, int | float)
    if annotation is str:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
