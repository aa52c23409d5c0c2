"""How a job talks to the person who typed it: help, refusals in one sentence, and exit codes.

The exit codes are the same for every job:
    0  everything asked for is done            2  refused: nothing was started; the sentence says what to mend
    1  done, but some shards are still pending, or too many rows ended as errors    130  interrupted
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from sdg_ray.errors import Refused

Job = Callable[[Sequence[str], Console], int]


def command(job: Job, usage: str | None) -> None:
    """Run `job` with the arguments typed, and leave with its exit code; `--help` prints `usage`."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    console = Console(width=None if sys.stdout.isatty() else 120)
    arguments = sys.argv[1:]
    if {"-h", "--help"} & set(arguments):
        console.print((usage or "").strip(), highlight=False, markup=False)
        sys.exit(0)
    try:
        sys.exit(job(arguments, console))
    except Refused as refused:
        console.print(f"refused: {refused}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("interrupted; the same command goes on where this one stopped", markup=False)
        sys.exit(130)


def typed(arguments: Sequence[str], **defaults: Any) -> dict[str, Any]:
    """The settings of a job that needs no config: `defaults`, with what was typed as name=value in a default's type.

    Raises:
        Refused: a name that has no default, or a value of another type.
    """
    found = dict(defaults)
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in defaults:
            raise Refused(f"{argument!r} sets nothing; there are {', '.join(f'{each}=' for each in defaults)}")
        try:
            found[name] = type(defaults[name])(value)
        except ValueError as error:
            raise Refused(f"{argument!r}: {error}") from None
    return found
