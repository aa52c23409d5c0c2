"""Lists as models write them, and texts that are no lists."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_ray.prompts.parsing import parsed

TWO = ["Why do tides come?", "What is a spring tide?"]


@pytest.mark.parametrize(
    "text",
    [
        "1. Why do tides come?\n2. What is a spring tide?",
        "1) Why do tides come?\n2) What is a spring tide?",
        "(1) Why do tides come?\n(2) What is a spring tide?",
        "[1] Why do tides come?\n[2] What is a spring tide?",
        "1: Why do tides come?\n2: What is a spring tide?",
        "1.Why do tides come?\n2.What is a spring tide?",
        "**1.** Why do tides come?\n**2.** What is a spring tide?",
        "**1. Why do tides come?**\n**2. What is a spring tide?**",
        "1. **Why** do tides come?\n\n2. What is a **spring tide**?",
        '1. "Why do tides come?"\n2. \u201cWhat is a spring tide?\u201d',
        "  1. Why do\n     tides come?\n  2. What is a spring\n     tide?",
        "- Why do tides come?\n- What is a spring tide?",
        "* Why do tides come?\n* What is a spring tide?",
        "\u2022 Why do tides come?\n\u2022 What is a spring tide?",
        "\u2013 Why do tides come?\n\u2013 What is a spring tide?",
        "- \"Why do tides come?\"\n- 'What is a spring tide?'",
        '["Why do tides come?", "What is a spring tide?"]',
        '[\n  "Why do tides come?",\n  "What is a spring tide?"\n]',
        '{"questions": ["Why do tides come?", "What is a spring tide?"]}',
        'Here you are: ["Why do tides come?", "What is a spring tide?"] I hope that helps!',
        '```json\n["Why do tides come?", "What is a spring tide?"]\n```',
        "```yaml\n- Why do tides come?\n- What is a spring tide?\n```",
        "Sure!\n```\n1. Why do tides come?\n2. What is a spring tide?\n```\nShall I go on?",
        "Sure! Here are 2:\n\n1. Why do tides come?\n2. What is a spring tide?\n\nI hope that helps!",
        "Two questions - as you asked:\n- Why do tides come?\n- What is a spring tide?\n\nDone.",
        "1. Why do tides come?\n2. What is a spring tide?\n3. why do tides come?\n4.\n",
        "1. Why do tides come?\r\n2. What is a spring tide?\r\n",
    ],
)
def test_list_of_two_is_found_however_it_is_written(text: str) -> None:
    assert parsed(text) == TWO


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("1. Say what __init__ does.", ["Say what __init__ does."]),
        ("1. What is 2**3 and 4**2?", ["What is 2**3 and 4**2?"]),
        ('1. Join ["a", "b"].\n2. Sort ["c"].', ['Join ["a", "b"].', 'Sort ["c"].']),
        ('1. Join ["a", "b"].', ['Join ["a", "b"].']),
        ('1. "Yes" or "no"', ['"Yes" or "no"']),
        ("1. 'What's a tide?'", ["What's a tide?"]),
        ("1. It costs 3.50\n2. **Note:** it is 2.5 m", ["It costs 3.50", "Note: it is 2.5 m"]),
        ("1. Tides\n   - twice a day\n2. Moon", ["Tides - twice a day", "Moon"]),
        (
            "1. Mend this:\n\n```python\nfor x in y:\n    - x\n```\nIn one line.\n2. Next.",
            ["Mend this:\n```python\nfor x in y:\n    - x\n```\nIn one line.", "Next."],
        ),
        ("1. half \ud800a character", ["half a character"]),
    ],
)
def test_what_looks_like_a_mark_inside_an_item_stays(text: str, items: list[str]) -> None:
    assert parsed(text) == items


@pytest.mark.parametrize(
    "text", ["", "\n\n", "I cannot do that.", "[1, 2]", '["a", 1]', "[" * 5000, '["a"', "```", "3.14 is no item", "- "]
)
def test_text_without_a_list_has_no_items(text: str) -> None:
    assert parsed(text) == []


@given(st.text(st.characters(codec=None)) | st.text("1.-*[]\"'`\n ab\ud800"))
def test_whatever_comes_in_items_are_clean_and_no_exception_comes_out(text: str) -> None:
    items = parsed(text)
    assert all(item and item == item.strip() for item in items)
    assert len({item.casefold() for item in items}) == len(items)
    "".join(items).encode()


words = st.text("abcdefgh", min_size=1, max_size=8)
lists = st.lists(st.lists(words, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=12, unique=True)
STYLES = {
    "numbered": lambda items: "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1)),
    "spaced": lambda items: "\n\n".join(f"{n}) {item}" for n, item in enumerate(items, 1)),
    "bold": lambda items: "\n".join(f"{n}. **{item}**" for n, item in enumerate(items, 1)),
    "bulleted": lambda items: "\n".join(f"* {item}" for item in items),
    "YAML": lambda items: "\n".join(f'- "{item}"' for item in items),
    "JSON": lambda items: json.dumps(items, indent=2),
}
AROUND = ("{}", "```\n{}\n```", "Sure, here you are:\n\n{}\n\nShall I go on?")


@given(lists, st.sampled_from(sorted(STYLES)), st.sampled_from(AROUND))
def test_list_in_any_style_comes_back_as_it_was(items: list[str], style: str, around: str) -> None:
    assert parsed(around.format(STYLES[style](items))) == items


def test_half_a_character_in_a_json_list_is_replaced() -> None:
    assert parsed(r'["Why do tides come? \ud83d", "What is \ud83c\udf0a?"]') == ["Why do tides come? ?", "What is 🌊?"]
