"""Tokenizer and chat template: loaded, and tried on a conversation.

What a model was taught to see is its template. Without the start of the assistant's turn a generator goes on in the
user's; a reward is read on the last token, which should be the one that ends a response.
"""

from pathlib import Path
from typing import Any

from sdg_ray.doctor import Asked, Finding, ok, warning, wrong
from sdg_ray.doctor.uses import different, on_vllm
from sdg_ray.engines.vllm import Vllm

CHECK = "chat template"
TALK = [{"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "It is 4."}]
SYSTEM = {"role": "system", "content": "Be brief."}


def check(asked: Asked) -> list[Finding]:
    """Each tokenizer once."""
    seen: dict[Any, Vllm] = {}
    for engine in different([use.engine for use in on_vllm(asked.recipe)]):
        seen.setdefault((engine.folder, engine.revision, engine.chat_template, engine.classifies), engine)
    return [_of_model(engine) for engine in seen.values() if "://" not in engine.name]


def _of_model(engine: Vllm) -> Finding:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(engine.folder, revision=engine.revision)
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = " ".join((str(error) or repr(error)).split())[:160]
        return wrong(
            CHECK, f"{engine.name}: no tokenizer: {said}", "put tokenizer.json and its config beside the weights"
        )
    if engine.chat_template and Path(engine.chat_template).is_file():
        tokenizer.chat_template = Path(engine.chat_template).read_text()
    if not tokenizer.chat_template:
        cure = "set chat_template= to a Jinja file with the format that the model was trained on"
        return wrong(CHECK, f"{engine.name} brings no chat template", cure)
    return _tried(engine, tokenizer)


def _tried(engine: Vllm, tokenizer: Any) -> Finding:
    """A template, rendered."""
    from jinja2.exceptions import TemplateError

    def rendered(chat: list[dict[str, str]], **how: Any) -> str:
        return tokenizer.apply_chat_template(chat, tokenize=False, **how)

    cure = "mend the template, or set chat_template= to one that is right for the model"
    try:
        whole, asked = rendered(TALK), rendered(TALK[:1])
        opened = rendered(TALK[:1], add_generation_prompt=True)
    except (TemplateError, ValueError, TypeError) as error:
        return wrong(CHECK, f"{engine.name}: it cannot be rendered: {error}", cure)
    if lost := [turn["content"] for turn in TALK if turn["content"] not in whole]:
        return wrong(CHECK, f"{engine.name}: the turn {lost[0]!r} is not in what is rendered", cure)
    if engine.classifies:
        return _end(engine, tokenizer, whole)
    if opened == asked:
        return wrong(CHECK, f"{engine.name}: nothing opens the assistant's turn (add_generation_prompt)", cure)
    try:
        fine = SYSTEM["content"] in rendered([SYSTEM, *TALK])
    except (TemplateError, ValueError, TypeError):
        fine = False
    if not fine:
        return warning(CHECK, f"{engine.name}: it takes no system turn", f"leave out prompts that have one, or {cure}")
    return ok(CHECK, f"{engine.name}: user, assistant and system turns; answers begin after {opened[len(asked) :]!r}")


def _end(engine: Vllm, tokenizer: Any, whole: str) -> Finding:
    """Where a reward is read: the last token must be a special one, that ends the response."""
    last = tokenizer.encode(whole, add_special_tokens=False)[-1]
    text = tokenizer.decode([last])
    if last in tokenizer.added_tokens_decoder:
        return ok(CHECK, f"{engine.name}: a reward is read on {text!r}")
    cure = "set chat_template= to one that ends on the token that the reward was trained on, unless it is this one"
    return warning(CHECK, f"{engine.name}: a reward would be read on {text!r}, which ends no turn", cure)
