"""Two answers in one, and the prompt said again."""

from tests.instructions.cases import Case

PROMPT = "Why is the sky blue?\nBe brief."

CASES = (
    Case(
        "combination:two_responses",
        follow=(
            "Blue.\n******\nGrey.",
            "Blue.****** Grey.",
            "******\nBlue.\n******\nGrey.",
            "Blue.\n******\nGrey.\n******",
            "Blue *and* more\n******\n**Grey**",
            "a\n***\nb\n******\nc",
        ),
        fail=(
            "Blue.",
            "Blue.\n******\nBlue.",
            "Blue.\n******\n",
            "a\n******\nb\n******\nc",
            "a\n***\nb",
            "a\n*******\nb",
            "a\n******\n******\nb",
            "******",
        ),
    ),
    Case(
        "combination:repeat_prompt",
        kwargs={"prompt_to_repeat": PROMPT},
        follow=(
            f"{PROMPT}\nIt scatters.",
            f"{PROMPT} It scatters.",
            f"\n {PROMPT.upper()} It scatters.",
            f"{PROMPT.lower()}\n\nIt scatters.",
            f"{PROMPT}It scatters.",
            f"{PROMPT}\n42",
        ),
        fail=(
            PROMPT,
            f"{PROMPT}\n...",
            f'"{PROMPT}"\nIt scatters.',
            f"Sure! {PROMPT} It scatters.",
            "Why is the sky blue? It scatters.",
            f"It scatters. {PROMPT}",
            "why is the sky blue? be brief. It scatters.",
        ),
    ),
)
