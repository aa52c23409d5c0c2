"""The concepts that belong to a topic of mathematics or of Python, so that a topic can be broken down further.

parts_of_math("Shopping sums")    ->  ("carrying", "column addition", ...)
parts_of_python("for loops")      ->  ("loop variables", "the break statement", ...)
"""

from sdg_ray.pocket.corpus.topics import CODE, SUMS

OF_SIGN = {
    "+": ("carrying", "column addition", "adding tens", "adding ones", "totals", "sums of money"),
    "-": ("borrowing", "column subtraction", "taking away tens", "differences", "what is left", "change at the shop"),
    "x": ("equal groups", "doubling", "tens and ones", "products", "rows and columns", "boxes of things"),
}
OF_FIELD = {
    "numbers": ("adding a number", "the remainder operator", "the max function", "the min function",
                "greater than and less than", "divisibility"),
    "lists": ("the sum function", "the count method", "the in operator", "list comprehensions", "filtering a list",
              "changing every item"),
    "strings": ("slices of text", "repeating text", "the length of a text", "joining text"),
    None: ("parameters", "return values", "function names", "calling a function", "comparisons"),
}  # fmt: skip
OF_CONCEPT = {
    "for loops": ("loop variables", "the break statement", "looping over a list", "nested loops"),
    "while loops": ("loop conditions", "counters", "the break statement", "endless loops"),
    "dictionaries": ("keys", "values", "the get method", "looping over items"),
    "tuples": ("packing", "unpacking", "indexing", "comparing tuples"),
    "classes": ("methods", "attributes", "constructors", "inheritance"),
    "modules": ("import statements", "packages", "the standard library", "module names"),
    "exceptions": ("try and except", "raising errors", "the finally clause", "error messages"),
    "generators": ("the yield statement", "generator expressions", "the next function", "lazy values"),
    "decorators": ("wrapping a function", "functions as values", "closures", "the at sign"),
    "lambda functions": ("sort keys", "functions as values", "the map function", "the filter function"),
    "list slicing": ("start and stop", "steps", "negative indices", "copying a list"),
    "string formatting": ("f-strings", "the format method", "padding", "rounding in text"),
    "recursion": ("base cases", "recursive calls", "factorials", "depth of recursion"),
    "variables": ("assignment", "names", "scope", "constants"),
    "booleans": ("and", "or", "not", "truth values"),
    "the range function": ("start and stop", "steps", "counting down", "looping by index"),
    "type hints": ("annotations", "return types", "optional values", "type checkers"),
    "sets in Python": ("union", "intersection", "membership", "removing duplicates"),
}


def sign_of(topic: str) -> str:
    """The kind of sum that a topic or a concept needs."""
    return SUMS[topic][0] if topic in SUMS else next(sign for sign, parts in OF_SIGN.items() if topic in parts)


def parts_of_math(topic: str) -> tuple[str, ...]:
    """The concepts that belong to a topic of mathematics."""
    return OF_SIGN[sign_of(topic)]


def parts_of_python(topic: str) -> tuple[str, ...]:
    """The concepts that belong to a topic of Python."""
    return OF_CONCEPT[topic] if topic in OF_CONCEPT else OF_FIELD[CODE[topic][0]]


def field_of(topic: str) -> str | None:
    """What the functions work on that a topic or a concept of Python needs, if it is one thing."""
    if topic in CODE:
        return CODE[topic][0]
    return next((field for field, parts in OF_FIELD.items() if topic in parts), None)
