"""The pocket tokenizer: byte-level BPE learned from the corpus, single digits, and a chat template.

    <|system|>Be brief.<|end|><|user|>What is 4 + 3?<|end|><|assistant|>4 + 3: 4 + 3 = 7. The answer is 7.<|end|>

Each turn is a role token, the text as it is, and `<|end|>`; nothing is added before, between or after. So the ids of
a rendered conversation are the ids of its turns one after the other, and the end token closes what the assistant
says.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, END = "<|pad|>", "<|end|>"
ROLES = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
VOCABULARY = 1792
TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- '<|assistant|>' -}}{%- generation -%}{{- message['content'] + '<|end|>' -}}{%- endgeneration -%}"
    "{%- else -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] + '<|end|>' -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


def learn(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer for these texts, with its chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\d"), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])  # fmt: skip
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[PAD, END, *ROLES.values()], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    ))  # fmt: skip
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=END, pad_token=PAD,
        chat_template=TEMPLATE, model_max_length=1024, clean_up_tokenization_spaces=False,
    )  # fmt: skip


def save(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Written so that older and newer releases of transformers both know the class."""
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}, indent=2))


def encode(tokenizer: PreTrainedTokenizerFast, turns: Sequence[tuple[str, str]]) -> tuple[list[int], list[bool]]:
    """The ids of a conversation, and which of them the assistant says."""
    ids: list[int] = []
    said: list[bool] = []
    end = tokenizer.convert_tokens_to_ids(END)
    for role, content in turns:
        words = [*tokenizer.encode(content, add_special_tokens=False), end]
        ids += [tokenizer.convert_tokens_to_ids(ROLES[role]), *words]
        said += [False, *[role == "assistant"] * len(words)]
    return ids, said
