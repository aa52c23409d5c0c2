"""One shard as flat columns: an element for each prompt, for each candidate, for each pair. Numbers, no texts.

    flat(table, names).candidates["tokens"]      how long each answer of the shard is
    flat(table, names).attributes["reward"]      what the scorer `reward` gave each, nan where it could not tell

Lists are opened by Arrow, not in Python, so a hundred thousand prompts take seconds.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sdg_ray.record import kind

LIGHT = ("prompt_id", "family", "error", "mark", "answered", "keep", "reason", "pairs")
Columns = dict[str, np.ndarray]


class Names(dict[str, int]):
    """Numbers for names, in the order in which they are met."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self)
        return self[name]


@dataclass(kw_only=True)
class Known:
    """The names met so far in a run and its columns, and errors by where and kind: how many, and the text of one."""

    family: Names = field(default_factory=Names)
    model: Names = field(default_factory=Names)
    reason: Names = field(default_factory=Names)
    by: Names = field(default_factory=Names)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)  # of a judge, by its name and the word


@dataclass(frozen=True, kw_only=True)
class Flat:
    """Columns of one shard, or of several one below the other."""

    ids: list[str]
    prompts: Columns  # family; error, marked: 1 or 0; answers, kept, pairs: how many
    candidates: Columns  # prompt, family, model, tokens, finish (0: error), keep (-1: not yet), reason
    attributes: Columns  # `reward`, `reward/helpfulness`: one number for each candidate, nan where there is none
    pairs: Columns  # prompt, chosen, rejected (which candidate), margin, by
    wins: Columns  # by judge: rows of (who won, who lost), where its verdict was the same in both orders


def is_light(name: str) -> bool:
    """Whether a column has numbers in it and no texts of any length."""
    return name in LIGHT or name.startswith(("score_", "parts_"))


def flat(table: pa.Table, known: Known) -> Flat:
    """The columns of one shard; what its steps have not written yet is -1, nan or nothing."""
    size = table.num_rows
    known.columns.update(table.schema.names)
    prompts: Columns = {"family": coded(column(table, "family"), known.family)}
    for name in ("error", "mark"):
        texts = column(table, name) if name in table.schema.names else pa.nulls(size, pa.string())
        prompts[name] = np.asarray(texts.is_valid(), dtype=np.int8)
    _count_errors(known, "prompt", column(table, "error"))
    parents, answers = lists(table, "answered", pa.struct([]))
    candidates, count = _candidates(table, parents, answers, prompts["family"], known), len(parents)
    starts = np.searchsorted(parents, np.arange(size)).astype(np.int64)
    pairs = _pairs(table, starts, known)
    good = candidates["finish"] != 0
    prompts |= {
        "answers": np.bincount(parents[good], minlength=size).astype(np.int32),
        "kept": np.bincount(parents[candidates["keep"] == 1], minlength=size).astype(np.int32),
        "pairs": np.bincount(pairs["prompt"], minlength=size).astype(np.int32),
    }
    scores = [name for name in table.schema.names if name.startswith(("score_", "parts_"))]
    attributes: Columns = {}
    for name in scores:
        attributes |= _attributes(name, lists(table, name, pa.float32())[1], count)
    prompts["scored"] = _scored(attributes, parents, size)
    wins = {name.removeprefix("parts_"): _wins(table, name, starts[parents], known) for name in _judges(table)}
    ids = table["prompt_id"].to_pylist()
    return Flat(ids=ids, prompts=prompts, candidates=candidates, attributes=attributes, pairs=pairs, wins=wins)


def column(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    pieces = table[name].combine_chunks()
    return pieces.chunk(0) if isinstance(pieces, pa.ChunkedArray) else pieces


def lists(table: pa.Table, name: str, of: pa.DataType) -> tuple[np.ndarray, pa.Array]:
    """A column of lists, opened: the row of each element, and the elements; none where there is no such column."""
    if name not in table.schema.names:
        return np.empty(0, dtype=np.int64), pa.array([], type=of)
    array = column(table, name)
    return np.asarray(pc.list_parent_indices(array), dtype=np.int64), pc.list_flatten(array)


def coded(array: pa.Array, names: Names) -> np.ndarray:
    """Strings as the numbers of their names, -1 for null."""
    encoded = array.dictionary_encode()
    places = np.array([*(names[each] for each in encoded.dictionary.to_pylist()), -1], dtype=np.int32)
    return places[np.asarray(encoded.indices.fill_null(-1))]


def numbers(array: pa.Array) -> np.ndarray:
    """Numbers or truth values as float32, nan for null."""
    return np.asarray(array.cast(pa.float32()).fill_null(math.nan), dtype=np.float32)


def _candidates(table: pa.Table, parents: np.ndarray, answers: pa.Array, family: np.ndarray, known: Known) -> Columns:
    none = np.full(len(parents), -1, dtype=np.int32)
    found: Columns = {"prompt": parents, "family": family[parents], "model": none, "tokens": none, "finish": none}
    if len(parents):
        found["model"] = coded(pc.struct_field(answers, "model"), known.model)
        found["tokens"] = np.asarray(pc.struct_field(answers, "tokens").fill_null(0), dtype=np.int32)
        good = pc.not_equal(pc.struct_field(answers, "finish"), "error").fill_null(True)
        found["finish"] = np.asarray(good, dtype=np.int32)
        _count_errors(known, "answer", pc.struct_field(answers, "error"))
    keep, reason = lists(table, "keep", pa.bool_())[1], lists(table, "reason", pa.string())[1]
    decided = len(keep) == len(parents)
    found["keep"] = np.asarray(keep.cast(pa.int8()).fill_null(-1), dtype=np.int32) if decided else none
    found["reason"] = coded(reason, known.reason) if decided else none
    return found


def _attributes(name: str, values: pa.Array, count: int) -> Columns:
    """The numbers in one column of scores or parts, each under its own name."""
    if len(values) != count:
        return {}
    scorer = name.split("_", 1)[1]
    if name.startswith("score_"):
        return {scorer: numbers(values)}
    if not pa.types.is_struct(values.type):
        return {}
    plain = [each for each in values.type if _is_number(each.type)]
    return {f"{scorer}/{each.name}": numbers(pc.struct_field(values, each.name)) for each in plain}


def _is_number(type_: pa.DataType) -> bool:
    return pa.types.is_floating(type_) or pa.types.is_integer(type_) or pa.types.is_boolean(type_)


def _scored(attributes: Columns, parents: np.ndarray, size: int) -> np.ndarray:
    """How many candidates of each prompt have a score."""
    told = np.zeros(len(parents), dtype=bool)
    for name, values in attributes.items():
        if "/" not in name:
            told |= ~np.isnan(values)
    return np.bincount(parents[told], minlength=size).astype(np.int32)


def _pairs(table: pa.Table, starts: np.ndarray, known: Known) -> Columns:
    """The pairs; chosen and rejected count the candidates of the whole shard."""
    parents, found = lists(table, "pairs", pa.struct([]))
    if not len(parents):
        return {name: np.empty(0, dtype=np.int64) for name in ("prompt", "chosen", "rejected", "margin", "by")}
    ends = {end: np.asarray(pc.struct_field(found, end), dtype=np.int64) for end in ("chosen", "rejected")}
    return {
        "prompt": parents,
        **{end: starts[parents] + at for end, at in ends.items()},
        "margin": numbers(pc.struct_field(found, "margin")),
        "by": coded(pc.struct_field(found, "by"), known.by),
    }


def _judges(table: pa.Table) -> list[str]:
    """The columns in which a judge says who won against which other candidate."""
    return [each.name for each in table.schema if each.name.startswith("parts_") and _compares(each.type)]


def _compares(type_: pa.DataType) -> bool:
    inner = type_.value_type if pa.types.is_list(type_) else type_
    if not pa.types.is_list(inner) or not pa.types.is_struct(inner.value_type):
        return False
    return {"other", "first", "verdict"} <= {each.name for each in inner.value_type}


def _wins(table: pa.Table, name: str, starts: np.ndarray, known: Known) -> np.ndarray:
    """Who won against whom; `starts` is where the candidates of each candidate's row begin."""
    inner = lists(table, name, pa.struct([]))[1]
    if len(inner) != len(starts):
        return np.empty((0, 2), dtype=np.int64)
    who = np.asarray(pc.list_parent_indices(inner), dtype=np.int64)
    said = pc.list_flatten(inner)
    verdict = pc.struct_field(said, "verdict")
    equal = pc.and_(pc.equal(verdict, "tie").fill_null(False), pc.struct_field(said, "first").is_null())
    for each in pc.value_counts(verdict.filter(pc.invert(equal))).to_pylist():  # equal answers were not shown to it
        known.verdicts[name.removeprefix("parts_"), each["values"] or "none"] += each["counts"]
    other = starts[who] + np.asarray(pc.struct_field(said, "other").fill_null(0), dtype=np.int64)
    won = np.asarray(pc.equal(verdict, "win").fill_null(False))
    return np.stack([who[won], other[won]], axis=1)


def _count_errors(known: Known, where: str, texts: pa.Array) -> None:
    for text in texts.drop_null().to_pylist():
        known.errors[where, kind(text)] += 1
        known.examples.setdefault((where, kind(text)), text)
