"""Words and letters."""

from tests.instructions.cases import Case

CASES = (
    Case(
        "keywords:existence",
        kwargs={"keywords": ["moon", "tide"]},
        follow=(
            "The moon makes the tide.",
            "MOON! And then: Tide.",
            "tide\nmoon",
            '"moon", they said, *tide*.',
            "A moon-driven tide.",
            "It is the moon's tide.",
        ),
        fail=(
            "The moon alone.",
            "The tide alone.",
            "moonlight and tides",
            "m o o n and tide",
            "La lune et la marée.",
            "The moo n and the tide",
        ),
    ),
    Case("keywords:existence", kwargs={"keywords": ["c++", "(a)"]}, follow=("In C++, see (a).",), fail=("In ccc, a.",)),
    Case("keywords:existence", kwargs={"keywords": ["new york"]}, follow=("In New York.",), fail=("A new, York.",)),
    Case("keywords:existence", kwargs={"keywords": ["naïve"]}, follow=("So NAÏVE!",), fail=("So naive!",)),
    Case(
        "keywords:frequency",
        kwargs={"keyword": "sun", "frequency": 2, "relation": "at least"},
        follow=("sun sun", "The sun. Sun again.", "SUN, Sun, sun", "sun\nsun", "sun-sun", "(sun) 'sun'"),
        fail=("sun", "the sunny sunset", "sunsun", "sun sunny", "nothing of it", "s u n s u n"),
    ),
    Case(
        "keywords:frequency",
        kwargs={"keyword": "sun", "frequency": 2, "relation": "less than"},
        follow=("no star", "one sun", "sunny sunset sun", "sundown", "SUN!", "42"),
        fail=("sun sun", "Sun and SUN", "sun, sun, sun", "sun/sun", "the sun\nand the sun", "sun's sun"),
    ),
    Case(
        "keywords:forbidden_words",
        kwargs={"forbidden_words": ["very", "really"]},
        follow=("It is good.", "every one", "a reality", "unreally", "v-e-r-y", "It varies."),
        fail=("very good", "It is REALLY good.", "Really?", "good,very", "a *very* good thing", "good\nvery"),
    ),
    Case(
        "keywords:letter_frequency",
        kwargs={"letter": "e", "let_frequency": 3, "let_relation": "at least"},
        follow=("eee", "Every tree", "E e E", "see me", "the eve\n", "elephants here"),
        fail=("ee", "a bit of it", "no", "èéê", "be me", "3 3 3"),
    ),
    Case(
        "keywords:letter_frequency",
        kwargs={"letter": "S", "let_frequency": 2, "let_relation": "less than"},
        follow=("No.", "One s", "S", "abc", "ß", "a sun"),
        fail=("ss", "Sun is", "SuSi", "s\ns", "miss", "Yes, so"),
    ),
)
