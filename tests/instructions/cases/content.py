"""Placeholders and postscripts."""

from tests.instructions.cases import Case

CASES = (
    Case(
        "detectable_content:number_placeholders",
        kwargs={"num_placeholders": 2},
        follow=(
            "Dear [name], come to [place].",
            "[a][b]",
            "[first name]\n[last name]",
            "[x] [y] [z]",
            "([ a ]) and [b]",
            "[имя] und [Straße]",
        ),
        fail=("Dear [name]", "[] []", "[ ] [ ]", "(name) (place)", "<name> {place}", "[a\nb] [c", "name] [place"),
    ),
    Case(
        "detectable_content:postscript",
        kwargs={"postscript_marker": "P.S."},
        follow=(
            "Bye.\nP.S. Write soon.",
            "Bye.\n\np.s. write soon",
            "Bye.\n**P.S.** Write soon.",
            "P. S. Write soon.",
            "Bye.\n  P.S.: Write soon.",
            "Bye.\nP.S.\tWrite",
            "Bye.\nP.S. Write soon.\nYours",
            "Bye.\n\nP.S.\n\nWrite soon.",
        ),
        fail=(
            "Bye.",
            "Bye.\nP.S.",
            "Bye. P.S. Write soon.",
            "Bye.\nPS Write soon.",
            "Bye.\nP.P.S. More.",
            "Bye.\nP.S.: *",
        ),
    ),
    Case(
        "detectable_content:postscript",
        kwargs={"postscript_marker": "P.P.S"},
        follow=(
            "Bye.\nP.P.S Write.",
            "Bye.\nP.P.S. Write.",
            "p. p. s. Write",
            "*P.P.S.* Write",
            "Hi\np.p.s yes",
            "P.P.S: a",
        ),
        fail=("Bye.\nP.S. Write.", "P.P.S", "Bye. P.P.S. Write.", "PPS Write", "P.P.Sunday", "P.P.S.\n"),
    ),
)
