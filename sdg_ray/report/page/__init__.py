"""The report: one HTML file that shows a run, works offline and loads nothing.

    write_report(reopen("runs", "demo"))        -> /somewhere/runs/demo/report.html

Texts by models are not to be trusted. They travel as JSON in which no character can end the element it stands in, the
page puts them into text nodes alone, and its policy lets no script run but its own, known by its hash.
"""

import base64
import hashlib
import html
import json
import math
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import obstore
from obstore import exceptions

from sdg_ray.bucket import bucket
from sdg_ray.errors import Refused
from sdg_ray.report.figures import figures
from sdg_ray.store import Store

NAME = "report.html"
ESCAPED = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def write_report(store: Store, to: Path | None = None, compare: Store | None = None) -> str:
    """Make the report of a run, against the run `compare` where one is given; where it is.

    It goes to `to`, or beside the run's files, where it replaces an earlier one: it is no data.

    Raises:
        Refused: a run has no committed prompts, or the file cannot be written.
    """
    body = page(figures(store, compare), command_of(store, compare)).encode("utf-8", "replace")
    if to is None and ("://" in store.root or store.root == "memory:"):
        return _uploaded(store, body)
    path = to or Path(store.root) / store.run / NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise Refused(
            f"the report cannot be written to {path}: {error.strerror}; choose another file with to="
        ) from error
    return str(path)


def command_of(store: Store, compare: Store | None) -> str:
    """What to type for the same report."""
    against = f" compare={compare.run}" if compare else ""
    return f"python jobs/report.py run={store.run} root={store.root}{against}"


def page(data: dict[str, Any], command: str) -> str:
    """The page that shows `data` (see `figures`)."""
    here = files(__package__)
    style = (here / "style.css").read_text("utf-8")
    parts = sorted((each for each in (here / "js").iterdir() if each.name.endswith(".js")), key=lambda each: each.name)
    script = '"use strict";\n{\n' + "\n".join(each.read_text("utf-8") for each in parts) + "}\n"
    places = {
        "policy": policy(script, style),
        "title": html.escape(" and ".join(run["run"] for run in data["runs"])),
        "style": style,
        "script": script,
        "data": embedded(data | {"made": time.strftime("%Y-%m-%d %H:%M"), "command": command}),
    }
    made = (here / "page.html").read_text("utf-8")
    pieces = (piece.partition("}}") for piece in made.split("{{"))
    return "".join(places[name] + rest if mark else name for name, mark, rest in pieces)


def policy(script: str, style: str) -> str:
    """What a browser may do with the page: run this script, apply this style, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded(data: Any) -> str:
    """`data` as JSON that may stand in an element: nothing in it can close one or open one."""
    text = json.dumps(plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(ESCAPED)


def plain(value: Any) -> Any:
    """`value` with what JSON knows alone: what is no number is null, and numbers have five digits."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _uploaded(store: Store, body: bytes) -> str:
    attributes: dict[str, Any] = {"Content-Type": "text/html; charset=utf-8"} if "://" in store.root else {}
    path = f"{store.run}/{NAME}"
    try:
        obstore.put(bucket(store.root), path, body, use_multipart=False, attributes=attributes)
    except (exceptions.BaseError, OSError) as error:
        kind = type(error).__name__  # never its text, which may hold a signed address
        raise Refused(f"the report cannot be written below {store.root} ({kind}); choose a file with to=") from error
    return f"{store.root}/{path}"
