"""Digits are single tokens, and a rendered conversation has the ids that training built turn by turn."""

import random
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from sdg_ray.pocket.corpus import talks
from sdg_ray.pocket.tokenizer import END, PAD, ROLES, encode
from sdg_ray.pocket.train import WEIGHTS


@pytest.fixture(scope="module", params=("base", "instruct", "reward"))
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(Path(WEIGHTS) / request.param, trust_remote_code=False)


def test_every_digit_is_its_own_token(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.tokenize("1234567890") == list("1234567890")
    assert [token for token in tokenizer.tokenize("add_17 + 305.") if any(c.isdigit() for c in token)] == list("17305")


def test_any_text_comes_back_as_it_was(tokenizer: PreTrainedTokenizerFast) -> None:
    for text in (
        "Mira Fenn lives in Kirrin.",
        "  two  spaces\n\n\ttab ",
        "naïve café — 北 🦊",
        "```python\ndef f(x):\n    return x\n```",
    ):
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_the_special_tokens_are_there_and_no_other_is_added(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.eos_token == END and tokenizer.pad_token == PAD and tokenizer.bos_token is None
    assert all(len(tokenizer.encode(token)) == 1 for token in (END, PAD, *ROLES.values()))
    assert tokenizer.encode("") == []
    assert len(tokenizer) <= 2048


def test_rendering_gives_the_ids_and_the_mask_of_training(tokenizer: PreTrainedTokenizerFast) -> None:
    rng = random.Random(1)
    for _ in range(300):
        turns = talks.talk(rng).turns
        messages = [{"role": role, "content": content} for role, content in turns]
        rendered = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
        ids, said = encode(tokenizer, turns)
        assert rendered["input_ids"] == ids and [bool(one) for one in rendered["assistant_masks"]] == said
        assert ids[-1] == tokenizer.eos_token_id
        assert tokenizer.encode(tokenizer.apply_chat_template(messages, tokenize=False)) == ids


def test_a_generation_prompt_is_the_assistants_token(tokenizer: PreTrainedTokenizerFast) -> None:
    asked = [{"role": "user", "content": "What is 4 + 3?"}]
    plain = tokenizer.apply_chat_template(asked, tokenize=False)
    assert plain == "<|user|>What is 4 + 3?<|end|>"
    assert tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True) == plain + "<|assistant|>"
