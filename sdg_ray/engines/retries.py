"""What went wrong with a request, whose fault it is, and how long to wait before it is sent again.

Three things may come of an error: the row is bad (BadRow), a setting is (Refused), or it is sent again (a Fault). A
Fault that turned the request away (429, 503, no connection) says nothing about the row and does not count as a try.

    verdict(error, key)      a BadRow, a Refused or a Fault, with what the server said and without the key
    backoff(3)               seconds: exponential, with full jitter
"""

import random
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from sdg_ray.engines import BadRow, EngineAway
from sdg_ray.engines.keys import hidden
from sdg_ray.errors import Refused

FIRST, LONGEST = 0.25, 30.0  # seconds
FREE = 100  # retries that a worker has before it has asked anything
AGAIN = {408, 409, 425}  # besides 429 and all from 500
OF_THE_ROW = {400, 413, 422}
TOO_LONG = re.compile(
    r"context[ _]length|context window|max_model_len|(prompt|input|request|messages?) (is|are) too (long|large)", re.I
)
NO_CONNECTION = ("ConnectError", "ClientConnector", "ConnectionTimeout")  # how the names of these errors begin
OUT_OF_TIME = {"ReadTimeout", "WriteTimeout", "PoolTimeout", "SocketTimeoutError"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A request that came to nothing and may be sent again: what was said, and for how long it asks to wait."""

    words: str
    turned_away: bool = False  # the row had no part in it
    unreachable: bool = False  # there is nobody to send it to
    wait: float | None = None

    @property
    def rests_address(self) -> bool:
        """Whether its address rests now in any case: then the request waits for that and not for itself."""
        return self.unreachable or (self.turned_away and self.wait is not None)


class Budget:
    """How many requests a worker may send again: `share` of all it was asked for, and `FREE` more.

    This bounds a run too, and no worker has to ask another: where each keeps to a share, so do all together. A run
    sends at most `share` x its requests + `FREE` x its workers again, and a worker that is started again counts anew.
    A request that was turned away is not among them: it waits, and `patience` says for how long.
    """

    def __init__(self, share: float) -> None:
        self.share, self.requests, self.retries = share, 0, 0

    def spend(self, model: str, fault: Fault) -> None:
        """Take one retry. Raises `EngineAway` where there is none left: an endpoint that fails this often is broken."""
        if self.retries + 1 > FREE + self.share * self.requests:
            raise EngineAway(
                f"model {model}: {self.retries} retries for {self.requests} requests are all that retries="
                f"{self.share:g} allows, and the last one {fault.words}; look at the server, or raise retries"
            )
        self.retries += 1


def verdict(error: Exception, key: str) -> Fault | BadRow | Refused:
    """What follows from an error of the client. It holds the server's words, but neither the error nor the key."""
    status, words = getattr(error, "status_code", None), _words(error, key)
    if status is None:
        return _of_the_connection(error, key)
    if status in OF_THE_ROW:
        too_long = status == 413 or TOO_LONG.search(words) or getattr(error, "code", "") == "context_length_exceeded"
        return BadRow(f"{'too long' if too_long else 'refused by the endpoint'}: {words}")
    wait = retry_after(getattr(error, "response", None))
    if status in (429, 503):
        return Fault(words=f"answered {status}: {words}", turned_away=True, wait=wait)
    if status in AGAIN or status >= 500:
        return Fault(words=f"answered {status}: {words}", wait=wait)
    return Refused(f"answered {status}: {words}; {_remedy(status)}")


def retry_after(response: Any, now: float | None = None) -> float | None:
    """Seconds that a response asks to wait: a number or a date; None where it says nothing that can be read."""
    headers: Mapping[str, str] = response.headers if response is not None else {}
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", said):
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - (time.time() if now is None else now))
    except (ValueError, OverflowError):
        return None


def backoff(times: int) -> float:
    """Seconds before try number `times` + 1, drawn between nothing and a limit that doubles."""
    return random.uniform(0, longest(times))


def longest(times: int) -> float:
    """The limit: 0.25 s after the first failure, at most 30 s."""
    return min(LONGEST, FIRST * 2 ** min(times - 1, 16))


def _of_the_connection(error: Exception, key: str) -> Fault:
    """No status, so no whole answer: nobody there, a connection that broke, or no answer in time.

    The libraries below the client know which; what they say is below its own error.
    """
    chain = list(_chain(error))
    names = [type(each).__name__ for each in chain]
    if any(name.startswith(NO_CONNECTION) for name in names):
        why = hidden(str(chain[-1]), key)
        return Fault(words=f"cannot be reached ({why})", turned_away=True, unreachable=True)
    if isinstance(error, TimeoutError) or not OUT_OF_TIME.isdisjoint(names):
        return Fault(words="did not answer in time")
    return Fault(words="broke the connection")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _words(error: Exception, key: str) -> str:
    """What the server said: the message in its JSON, else its text; without the key, on one line, cut."""
    said = getattr(error, "body", None)
    while isinstance(said, dict):
        said = said.get("message") or said.get("detail") or said.get("error")
    return hidden(str(said or "nothing more"), key)


def _remedy(status: int) -> str:
    if status in (401, 403, 407):
        return "key= names the environment variable that must hold a key for it"
    if status == 404:
        return "look at name= and addresses=; an address usually ends in /v1, and a head needs a server that has it"
    return "this address does not take such requests: look at addresses= and head="
