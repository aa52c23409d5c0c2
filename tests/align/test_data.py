"""An export as tensors: both formats alike, told as the template says, packed without loss, and bad input refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from sdg_ray.align.dpo import Dpo
from sdg_ray.align.exported import Preference, conversations, preferences
from sdg_ray.align.graded import UNKNOWN
from sdg_ray.align.models import causal, save
from sdg_ray.align.packing import batch, packed, single
from sdg_ray.align.reward import Reward
from sdg_ray.align.rpo import Rpo
from sdg_ray.align.sft import Sft
from sdg_ray.align.tokens import Said, Tokens, tokens_of
from sdg_ray.errors import Refused
from sdg_ray.scorers.reward_model import ATTRIBUTES
from tests.align.sets import DIALOGUE, export_of, graded, of, pocket_tokens
from tests.export.runs import row, said


@pytest.fixture(scope="module")
def trl(tmp_path_factory: pytest.TempPathFactory) -> str:
    return export_of(tmp_path_factory.mktemp("trl"))


@pytest.fixture(scope="module")
def aligner(tmp_path_factory: pytest.TempPathFactory) -> str:
    return export_of(tmp_path_factory.mktemp("aligner"), "format=nemo_aligner", "rpo=true")


def text(ids: Any) -> str:
    return pocket_tokens().tokenizer.decode(list(ids))


def learnt(one: Said) -> str:
    return text(id_ for id_, told in zip(one.ids, one.told, strict=True) if told)


def test_both_formats_say_the_same(trl: str, aligner: str) -> None:
    talks = [[each.chat for each in conversations(data, "train")] for data in (trl, aligner)]
    assert talks[0] == talks[1] and len(talks[0]) == 8
    both = [list(preferences(data, "train")) for data in (trl, aligner)]
    assert both[0] == both[1] and len(both[0]) == 8
    dialogue = both[0][-1]
    assert dialogue.prompt == DIALOGUE["prompt"] and dialogue.chosen == DIALOGUE["responses"][0]
    assert dialogue.rejected == DIALOGUE["responses"][2] and dialogue.rewards == (3.5, 1.25)


def test_a_row_is_called_by_its_prompt_or_its_place(trl: str, tmp_path: Path) -> None:
    assert [row.name for row in preferences(trl, "train")] == [f"p{number:05d}" for number in range(8)]
    assert [row.name for row in conversations(trl, "train")] == [f"p{number:05d}" for number in range(8)]
    (tmp_path / "sft").mkdir()
    chat = [said("user", "Why?"), said("assistant", "So.")]
    (tmp_path / "sft" / "train-0.jsonl").write_text(json.dumps({"messages": chat}))
    assert next(conversations(str(tmp_path), "train")).name == "sft/train-0.jsonl row 1"


def test_sft_learns_what_the_assistant_says_and_nothing_else(trl: str) -> None:
    items = Sft(pack=False).examples(of(trl), "train", pocket_tokens()).items
    assert [learnt(item.parts[0]) for item in items[:7]] == [f"half right {number}<|end|>" for number in range(7)]
    assert learnt(items[7].parts[0]) == "Hello!<|end|>Well.<|end|>Well é 👋!<|end|>"
    tokenizer = pocket_tokens().tokenizer
    for item, talk in zip(items, conversations(trl, "train"), strict=True):
        marked = tokenizer.apply_chat_template(talk.chat, return_dict=True, return_assistant_tokens_mask=True)
        assert list(item.parts[0].ids) == marked["input_ids"]
        assert list(item.parts[0].told) == [bool(mark) for mark in marked["assistant_masks"]]


def test_a_pair_learns_its_answers_and_nothing_of_the_prompt(trl: str) -> None:
    pairs = Dpo().examples(of(trl), "train", pocket_tokens()).items
    assert learnt(pairs[0].chosen) == "right 0<|end|>" and learnt(pairs[0].rejected) == "wrong 0<|end|>"
    assert learnt(pairs[7].chosen) == "Yes.<|end|>Yes é 👋!<|end|>"  # the assistant has spoken in the prompt, too
    assert pairs[0].reward_gap == 2.25
    made = Dpo().batch(pairs, padding=0)
    assert made["input_ids"].shape[0] == made["told"].shape[0] == 16
    halves = [[learnt(Said(ids=tuple(ids.tolist()), told=tuple(told.tolist()))) for ids, told in zip(i, t, strict=True)]
              for i, t in zip(made["input_ids"].chunk(2), made["told"].chunk(2), strict=True)]  # fmt: skip
    assert halves == [[learnt(pair.chosen) for pair in pairs], [learnt(pair.rejected) for pair in pairs]]
    assert made["reward_gap"].tolist() == [2.25] * 8


def test_packing_loses_nothing_and_fits(trl: str) -> None:
    items = Sft(pack=False).examples(of(trl), "train", pocket_tokens()).items
    alone = [(item.names[0], item.parts[0]) for item in items]
    rows = packed(alone, length=60)
    assert sorted((name, part.ids) for row in rows for name, part in zip(row.names, row.parts, strict=True)) == sorted(
        (name, part.ids) for name, part in alone
    )
    assert len(rows) < len(alone) and max(map(len, rows)) <= 60
    made = batch(rows, padding=0)
    assert made["told"].sum() == sum(sum(part.told) for _, part in alone)
    starts = made["position_ids"] == 0
    assert not (made["told"] & starts).any()
    first = rows[0].parts
    assert made["position_ids"][0, : len(rows[0])].tolist() == [n for part in first for n in range(len(part))]


def test_packed_conversations_do_not_see_each_other(trl: str) -> None:
    from sdg_ray.align.logprobs import of_model
    from sdg_ray.align.models import causal

    model = causal("pocket/base", pocket_tokens(), seed=0).eval()
    items = Sft(pack=False).examples(of(trl), "train", pocket_tokens()).items
    rows = packed([(item.names[0], item.parts[0]) for item in items], length=80)
    order = single((name, part) for row in rows for name, part in zip(row.names, row.parts, strict=True))
    with torch.no_grad():
        (together, told), (apart, told_apart) = of_model(model, batch(rows, 0)), of_model(model, batch(order, 0))
    assert len(rows) < len(order)
    assert torch.allclose(together[told], apart[told_apart], atol=1e-4)


def test_what_is_too_long_or_teaches_nothing_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [row(0), row(1, "long " * 300), row(2, responses=[[said("user", "?")]] * 3)]
    data = export_of(tmp_path, rows=rows)
    left_out = Sft(longest=100).examples(of(data), "train", pocket_tokens())
    assert len(left_out.items) == 1
    assert dict(left_out.left_out) == {"are longer than 100 tokens": 1, "have no turn of an assistant": 1}


def test_attributes_are_read_with_what_is_not_known(tmp_path: Path) -> None:
    turned = "Name an island.\n<extra_id_1>Assistant\nFarholm.\n<extra_id_1>User\nAnother?"
    rows = [
        {"prompt": turned, "response": "No.", "helpfulness": 0, "correctness": 4, "coherence": 3.5, "complexity": 1,
         "verbosity": -100},
        {"prompt_id": "p2", "prompt": [said("user", "?")], "response": "!", "helpfulness": None, "correctness": 1,
         "coherence": 1, "complexity": 1, "verbosity": 1},
    ]  # fmt: skip
    first, second = Reward().examples(of(graded(tmp_path / "rows.jsonl", rows)), "train", pocket_tokens()).items
    assert text(first.said.ids) == (
        "<|user|>Name an island.<|end|><|assistant|>Farholm.<|end|><|user|>Another?<|end|><|assistant|>No.<|end|>"
    )
    assert first.labels == (0, 4, 3.5, 1, UNKNOWN) and second.labels == (UNKNOWN, 1, 1, 1, 1)
    assert (first.names, second.names) == (("rows.jsonl line 1",), ("p2",))


def refusal(make: Any) -> str:
    with pytest.raises(Refused) as refused:
        made = make()
        list(made) if isinstance(made, Iterator) else made
    return str(refused.value)


def rewarded(tmp_path: Path, **changed: Any) -> str:
    """An export of two pairs, the second with other scores."""
    return export_of(tmp_path, rows=[row(0), row(1, **changed)])


def test_preferences_without_rewards_are_refused_for_rpo(tmp_path: Path) -> None:
    data = rewarded(tmp_path, score_reward=[3.5, 3.75, None])
    assert refusal(lambda: Rpo().examples(of(data), "train", pocket_tokens())) == (
        "p00001 has no reward of its rejected answer, which stage=rpo needs: export with rpo=true, or use stage=dpo"
    )
    assert len(Dpo().examples(of(data), "train", pocket_tokens()).items) == 2


def test_a_reward_that_is_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "preference").mkdir()
    pair = {"prompt": [said("user", "?")], "chosen": [said("assistant", "!")], "rejected": [said("assistant", ".")]}
    row = pair | {"score_chosen": "4.1", "score_rejected": 1.0}
    (tmp_path / "preference" / "train-0.jsonl").write_text(json.dumps(row) + "\n")
    for stage in (Dpo(), Rpo()):
        told = refusal(lambda stage=stage: stage.examples(of(str(tmp_path)), "train", pocket_tokens()))
        assert "train-0.jsonl row 1 cannot be read: a reward is '4.1' and no number" in told


@pytest.mark.parametrize("reward", [11.0, -3.7, float("nan"), float("inf")])
def test_a_reward_outside_its_range_is_refused(tmp_path: Path, reward: float) -> None:
    data = rewarded(tmp_path, score_reward=[reward, 3.75, 1.0])
    assert refusal(lambda: Rpo().examples(of(data), "train", pocket_tokens())) == (
        f"p00001 has the reward {reward:g} of its chosen answer, outside "
        "-3.62 to 10.18: leave the row out, or set lowest= and highest= to the range of your scorer"
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"coherence": 5}, "rows.jsonl line 2 has coherence 5, which is neither from 0 to 4 nor -100 for not known"),
        ({"coherence": True}, "rows.jsonl line 2 has coherence True, which is neither"),
        ({"response": None}, "rows.jsonl line 2 has a message whose content is NoneType, not text"),
        (dict.fromkeys(ATTRIBUTES), "rows.jsonl line 2 has none of the attributes"),
    ],
)
def test_a_bad_attribute_is_refused(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    good = {"prompt": "?", "response": "!"} | dict.fromkeys(ATTRIBUTES, 1)
    data = graded(tmp_path / "rows.jsonl", [good, good | changed])
    assert says in refusal(lambda: Reward().examples(of(data), "train", pocket_tokens()))


def test_data_that_is_not_there_or_not_whole_is_refused(tmp_path: Path, trl: str) -> None:
    assert refusal(lambda: conversations(str(tmp_path), "train")).startswith(
        f"data={tmp_path} has no files sft/train-*"
    )
    assert refusal(lambda: conversations("s3://bucket/out", "train")) == (
        "data=s3://bucket/out is not on this machine: copy the export to a folder, and name that"
    )
    (tmp_path / "sft").mkdir()
    whole = next(Path(trl, "sft").iterdir()).read_bytes()
    (tmp_path / "sft" / "train-0.parquet").write_bytes(whole[: len(whole) // 2])
    assert "train-0.parquet cannot be read: " in refusal(lambda: conversations(str(tmp_path), "train"))
    (tmp_path / "sft" / "train-0.parquet").unlink()
    (tmp_path / "sft" / "train-0.jsonl").write_text('{"messages": [{"role": "robot", "content": "?"}]}\n')
    assert "train-0.jsonl row 1 cannot be read: has the role 'robot'" in refusal(
        lambda: conversations(str(tmp_path), "train")
    )
    (tmp_path / "sft" / "train-0.jsonl").write_text("{}\n")
    assert "row 1 cannot be read: it has no 'messages'" in refusal(lambda: conversations(str(tmp_path), "train"))


def test_empty_files_have_no_rows(tmp_path: Path, trl: str) -> None:
    (tmp_path / "preference").mkdir()
    full = pq.read_table(next(Path(trl, "preference").iterdir()))
    pq.write_table(full.slice(0, 0), tmp_path / "preference" / "train-0.parquet")
    assert list(preferences(str(tmp_path), "train")) == list[Preference]()


def changed_tokenizer(tmp_path: Path, change: Any) -> str:
    """A folder like pocket/base with another tokenizer."""
    from sdg_ray.engines.weights import POCKET

    folder = tmp_path / "other"
    folder.mkdir()
    for name in ("config.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / name).write_bytes((POCKET / "base" / name).read_bytes())
    written = json.loads((POCKET / "base" / "tokenizer.json").read_text())
    change(written)
    (folder / "tokenizer.json").write_text(json.dumps(written))
    return str(folder)


def test_a_tokenizer_of_another_family_is_refused(tmp_path: Path) -> None:
    def swapped(written: dict[str, Any]) -> None:
        words = written["model"]["vocab"]
        words["A"], words["B"] = words["B"], words["A"]

    other = changed_tokenizer(tmp_path, swapped)
    own = pocket_tokens().tokenizer.get_vocab()
    assert refusal(lambda: tokens_of("pocket/base", other)) == (
        f"model=pocket/base and the tokenizer of {other} do not match: 'A' is {own['A']} to the model and {own['B']} "
        "to the tokenizer; choose a tokenizer of the model's family"
    )


def test_a_model_without_a_tokenizer_takes_that_of_another(tmp_path: Path) -> None:
    from sdg_ray.engines.weights import POCKET

    (tmp_path / "config.json").write_bytes((POCKET / "base" / "config.json").read_bytes())
    assert f"{tmp_path} has no tokenizer; name a model of its family" in refusal(lambda: tokens_of(str(tmp_path), None))
    assert tokens_of(str(tmp_path), "pocket/base").tokenizer.get_vocab() == pocket_tokens().tokenizer.get_vocab()


def test_a_conversation_that_a_template_does_not_take_is_refused() -> None:
    tokenizer = tokens_of("pocket/base", None).tokenizer
    tokenizer.chat_template = "{{ raise_exception('System role not supported') }}"
    chat = [said("system", "Be brief."), said("user", "?"), said("assistant", "!")]
    assert refusal(lambda: Tokens(tokenizer, "m").read(chat)) == (
        "the chat template of m does not take the turns system, user, assistant that begin with 'Be brief.': "
        "System role not supported; leave such rows out, or give another template: tokenizer=..."
    )


def test_a_model_ends_its_answers_with_what_ends_a_turn_whatever_its_tokenizer_says(tmp_path: Path) -> None:
    from transformers import GenerationConfig

    ends = pocket_tokens().tokenizer.eos_token_id
    assert causal("pocket/base", pocket_tokens(), 0).generation_config.eos_token_id == ends
    tokenizer = tokens_of("pocket/base", None).tokenizer
    tokenizer.eos_token = "<|pad|>"  # as base models have it whose templates are of their instruct models
    pad = tokenizer.eos_token_id
    model = causal("pocket/base", Tokens(tokenizer, "m"), 0)
    assert model.config.eos_token_id == model.generation_config.eos_token_id == sorted([pad, ends])
    save(model, Tokens(tokenizer, "m"), tmp_path, like="pocket/base")
    assert GenerationConfig.from_pretrained(tmp_path).eos_token_id == sorted([pad, ends])
    assert causal(str(tmp_path), pocket_tokens(), 0).generation_config.eos_token_id == sorted([pad, ends])


def test_a_tokenizer_that_is_larger_than_the_model_is_refused(tmp_path: Path) -> None:
    def grown(written: dict[str, Any]) -> None:
        written["added_tokens"].append({**written["added_tokens"][0], "id": 1792, "content": "<|new|>"})

    other = changed_tokenizer(tmp_path, grown)
    assert "its ids go up to 1,792, and the model has embeddings for 1,792" in refusal(
        lambda: tokens_of("pocket/base", other)
    )


def test_a_template_is_needed_that_leaves_earlier_turns_as_they_are(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from sdg_ray.engines.weights import POCKET

    tokenizer = AutoTokenizer.from_pretrained(POCKET / "base")
    tokenizer.chat_template = None
    assert "has no chat template" in refusal(lambda: Tokens(tokenizer, "m"))
    tokenizer.chat_template = (
        "{%- for m in messages -%}{{ '<|' + m['role'] + '|>' + (m['content'] if loop.last else '...') }}{%- endfor -%}"
    )
    chat = [said("user", "?"), said("assistant", "!"), said("user", "??"), said("assistant", "!!")]
    assert "renders a turn otherwise when further turns follow" in refusal(lambda: Tokens(tokenizer, "m").read(chat))
