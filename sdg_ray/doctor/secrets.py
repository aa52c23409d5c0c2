"""Takes secrets out of what is shown: values of the environment that are or may be secret, and passwords in addresses.

hidden("s3://me:pass@host", {})                              "s3://[hidden]@host"
hidden("wrong key abc12345", {"SERVER_API_KEY": "abc12345"})  "wrong key [hidden]"
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSW|CREDENTIAL|PRIVATE", re.IGNORECASE)
IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
LEAST = 6  # characters; shorter values are words that stand everywhere


def hidden(text: str, variables: Mapping[str, str], names: frozenset[str] = frozenset()) -> str:
    """`text` without the values of variables whose name says that they are secret, or is one of `names`."""
    values = {value for name, value in variables.items() if name in names or SECRET.search(name)}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= LEAST:
            text = text.replace(value, "[hidden]").replace(quote(value, safe=""), "[hidden]")
    return IN_ADDRESS.sub("[hidden]", text)
