"""The one error that people are meant to read: a setting, file or address that cannot work.

A refusal is raised before work starts wherever that is possible, and its message is one sentence that says what is
wrong, where, and how to mend it. Jobs print it without a stack trace and exit with 2. A bad row is never an error of
this kind: it is data (see `record.py`).
"""


class Refused(Exception):
    """Cannot be done as asked; the message says what, where and how to mend it."""
