"""Words, sentences and paragraphs."""

from tests.instructions.cases import Case

CASES = (
    Case(
        "length_constraints:number_sentences",
        kwargs={"num_sentences": 3, "relation": "at least"},
        follow=(
            "One. Two. Three.",
            "Is it? Yes! It is.",
            "* First\n* Second\n* Third",
            "One… Two… Three…",
            'He said "no." She left. I stayed.',
            "一。二。三。",
            "1. Wash it\n2. Dry it\n3. Fold it",
            "(One.) (Two.) (Three.)",
        ),
        fail=(
            "One. Two.",
            "one, two, three",
            "It costs 3.50 dollars. It does.",
            "Dr. Smith met Mr. Jones, e.g. here. Then he left.",
            "What?! Never...",
            "J. K. Rowling wrote it. It is long.",
            "U.S. troops left. They did.",
        ),
    ),
    Case(
        "length_constraints:number_sentences",
        kwargs={"num_sentences": 2, "relation": "less than"},
        follow=("One.", "one", "Prof. A. Turing did it.", "3.14", "A title\nthat goes on.", "See example.com."),
        fail=("One. Two.", "One\n\nTwo", "- one\n- two", "Yes! No!", "One.  Two", "Really? Yes."),
    ),
    Case(
        "length_constraints:number_paragraphs",
        kwargs={"num_paragraphs": 2},
        follow=(
            "One.\n***\nTwo.",
            "One. *** Two.",
            "***\nOne.\n***\nTwo.",
            "One.\n***\nTwo.\n***",
            "One.\n\nstill one\n***\nTwo.",
            "One with ***bold*** words.\n***\nTwo.",
        ),
        fail=(
            "One.",
            "One.\n\nTwo.",
            "One.\n***\n***\nTwo.",
            "One.\n***\nTwo.\n***\nThree.",
            "One.\n******\nTwo.",
            "One.\n* * *\nTwo.",
            "***",
        ),
    ),
    Case("length_constraints:number_paragraphs", kwargs={"num_paragraphs": 1}, follow=("One.",), fail=("a\n***\nb",)),
    Case(
        "length_constraints:number_words",
        kwargs={"num_words": 4, "relation": "at least"},
        follow=(
            "one two three four",
            "one, two, three, four!",
            "one\ntwo\nthree\nfour",
            "one-two three-four",
            "I don't think so",
            "1 2 3 4",
            "ein Öl für Ärzte",
        ),
        fail=("one two three", "don't won't can't", "*** - *** - ***", "one_ two_", "one", "… … … …"),
    ),
    Case(
        "length_constraints:number_words",
        kwargs={"num_words": 4, "relation": "less than"},
        follow=("one two three", "one", "I don’t know", "- - - -", "42", "yes, no, perhaps"),
        fail=("one two three four", "a b c d e", "a-b-c-d", "1 2 3 4", "a\nb\nc\nd", "a\tb\tc\td"),
    ),
    Case(
        "length_constraints:nth_paragraph_first_word",
        kwargs={"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "water"},
        follow=(
            "One.\n\nWater is wet.",
            "One.\n\nwater",
            'One.\n\n"Water" is a word.',
            "\n\nOne.\n\nWATER, they said.\n\n",
            "One.\n \nWater: wet.",
            "One.\nstill one\n\n**Water** is wet.",
            "One.\n\nWater's use is great.",
        ),
        fail=(
            "Water is wet.\n\nTwo.",
            "One.\nWater is wet.",
            "One.\n\nThe water is wet.",
            "One.\n\nWater.\n\nThree.",
            "One.\n\nWaterfalls are wet.",
            "Water",
            "One.\n\n",
        ),
    ),
)
