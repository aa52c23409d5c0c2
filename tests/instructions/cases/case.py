"""Large and small letters."""

from tests.instructions.cases import Case

CASES = (
    Case(
        "change_case:capital_word_frequency",
        kwargs={"capital_frequency": 2, "capital_relation": "at least"},
        follow=("YES and NO", "NASA, ESA", "It is SO HOT!", "ALL-IN here, OK", "ÄPFEL und ÖL", "B2B and HTTP2"),
        fail=("YES", "I saw A man", "Yes and No", "iOS macOS", "1 2 3", "YESno NOyes", "WELL-KNOWN"),
    ),
    Case(
        "change_case:capital_word_frequency",
        kwargs={"capital_frequency": 2, "capital_relation": "less than"},
        follow=("no", "one OK", "I I I", "A I U", "Yes No", "WELL-KNOWN things"),
        fail=("OK NO", "IT IS", "THE END.", "A DO\nDONT", "DON'T GO", "(NASA) [ESA]"),
    ),
    Case(
        "change_case:english_capital",
        follow=(
            "THE SKY IS BLUE.",
            "YES!",
            "42 IS THE ANSWER",
            "THE MOON'S PULL MAKES THE TIDE",
            "OK",
            "A\nB\nC",
        ),
        fail=(
            "The sky is blue.",
            "THE SKY IS BLUe.",
            "42",
            "DER HIMMEL IST BLAU UND DAS MEER IST TIEF",
            "LE CIEL EST BLEU ET LA MER EST PROFONDE",
            "НЕБО ГОЛУБОЕ",
            "the sky",
        ),
    ),
    Case(
        "change_case:english_lowercase",
        follow=("the sky is blue.", "yes!", "42 is it", "the moon's pull", "ok", "a\nb\nc"),
        fail=(
            "The sky is blue.",
            "the sky is bluE.",
            "42",
            "der himmel ist blau und das meer ist tief",
            "el cielo es azul y el mar es profundo",
            "небо и море голубые",
            "I am",
        ),
    ),
)
