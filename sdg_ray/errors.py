"""The one error that people are meant to read: a setting, file or address that cannot work.

A refusal is raised before work starts wherever that is possible, and its message is one sentence that says what is
wrong, where, and how to mend it. Jobs print it without a stack trace and exit with 2. A bad row is never an error of
this kind: it is data (see `record.py`).

    with installed_by("hub"):
        import datasets
"""

import contextlib
from collections.abc import Iterator


class Refused(Exception):
    """Cannot be done as asked; the message says what, where and how to mend it."""


@contextlib.contextmanager
def installed_by(extra: str) -> Iterator[None]:
    """Around the import of what only some need: where it is not there, say which of this project's extras brings it.

    Raises:
        Refused: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        name = str(missing.name).split(".")[0]
        raise Refused(f"{name} is not installed; `pip install -e '.[{extra}]'` brings it") from missing
