"""A model behind an OpenAI-compatible address: vLLM serve, NIM, TensorRT-LLM's server, Ray Serve, or hosted.

    Endpoint(name="llama", addresses=["http://node1:8000/v1", "http://node2:8000/v1"], key="NAME_OF_A_VARIABLE")
    Endpoint(name="reward", addresses=["http://node3:8000/v1"], head="classify")     a reward model on vLLM

Requests go through the official client, but it is this engine that sends them again, since it knows all addresses: see
`addresses.py` for who gets a request, `retries.py` for what follows from an error, `wire.py` for what is sent.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sdg_ray.config import runtime
from sdg_ray.engines import Answers, BadRow, Sampling, Values, refuse_condemned
from sdg_ray.engines.addresses import Address, Addresses
from sdg_ray.engines.client import Client, Wrong
from sdg_ray.engines.keys import hidden, secret
from sdg_ray.engines.retries import Budget, Fault, backoff
from sdg_ray.engines.users_turn import Opened, UsersTurn
from sdg_ray.engines.wire import (
    HEADS,
    Malformed,
    at_least_one,
    chat_body,
    head_body,
    parsed,
    read_answers,
    read_values,
    unanswered,
)
from sdg_ray.errors import Refused
from sdg_ray.record import Chat

MOST = 1000  # connections that the client opens to an address

T = TypeVar("T")
Send = Callable[[Client], Awaitable[str | Wrong]]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Which model, and where it is served. Where and how it is asked is no part of the data's identity.

    `key` names the environment variable that holds the key. `head` makes it a reward model: vLLM's /classify or
    /pooling, or a NIM that answers `helpfulness:...,correctness:...`.
    """

    name: str  # as the server calls it
    addresses: Sequence[str] = runtime()  # each as a rule ends in /v1
    key: str | None = field(default=None, repr=False, metadata={"runtime": True})
    head: str | None = None
    tokenizer: str | None = runtime(None)  # whose template opens a user's turn: a folder here, or a name of the hub
    max_model_len: int | None = runtime(None)  # tokens of prompt and answer together, if it is to be checked early
    seed_bits: int = 62  # of a seed, for servers that take short ones; 0 for those that take none
    unbatched: bool = runtime(False)  # the server takes no `n`: every candidate is a request
    concurrency: int = runtime(64)  # requests in flight at each address, of each worker
    attempts: int = runtime(8)  # how often a row is tried; a request that was turned away does not count
    retries: float = runtime(1.0)  # how many requests a run sends again, as a share of all: see `Budget`
    timeout: float = runtime(600.0)  # seconds for one request
    patience: float = runtime(120.0)  # seconds without any address, then the worker gives up

    @property
    def model(self) -> str:
        """What the model is called in the data."""
        return self.name

    @property
    def classifies(self) -> bool:
        """Whether it is a reward model."""
        return self.head is not None

    def check(self, answer_tokens: int = 0) -> None:
        """Raise `Refused` for settings that cannot work. Nothing is asked yet."""
        if isinstance(self.addresses, str) or not self.addresses:
            raise Refused(f"model {self.name}: addresses must be a list such as [http://localhost:8000/v1]")
        for address in self.addresses:
            _check_address(self.name, address)
        secret(self.key)
        if self.head is not None and self.head not in HEADS:
            raise Refused(f"model {self.name}: there is no head {self.head!r}; there are {', '.join(HEADS)}")
        if not 1 <= self.concurrency <= MOST or self.attempts < 1 or not 0 <= self.seed_bits <= 63:
            raise Refused(
                f"model {self.name}: concurrency={self.concurrency} must be from 1 to {MOST}, "
                f"attempts={self.attempts} from 1, seed_bits={self.seed_bits} from 0 to 63"
            )
        if self.timeout <= 0 or min(self.retries, self.patience) < 0:
            raise Refused(f"model {self.name}: timeout must be above 0, retries and patience must not be below")
        if self.max_model_len and answer_tokens >= self.max_model_len:
            raise Refused(
                f"model {self.name} has a context of {self.max_model_len} tokens, so answers of "
                f"max_tokens={answer_tokens} leave no room for a prompt; lower sampling.max_tokens"
            )

    def start(self) -> "Connected":
        """Ask each address once which models it has: seconds.

        Raises:
            Refused: none answers, one refuses the key, or one does not serve the model.
        """
        self.check()
        connected = Connected(self, secret(self.key))
        with ThreadPoolExecutor(1) as thread:  # who starts an engine may be in an event loop already
            greetings = thread.submit(asyncio.run, connected.greet()).result()
        if all(isinstance(greeting, Fault) for greeting in greetings.values()):
            said = "; ".join(f"{url} {fault.words}" for url, fault in greetings.items() if isinstance(fault, Fault))
            raise Refused(f"model {self.name}: no address answers: {said}; start the server or mend addresses=")
        for url, served in greetings.items():
            if isinstance(served, BadRow | Refused):
                raise Refused(f"model {self.name}: {url} {served}")
            if isinstance(served, list) and served and self.name not in served:
                raise Refused(f"{url} does not serve {self.name!r}; it serves {', '.join(served[:10])}; mend name=")
        return connected


class Connected:
    """An endpoint that has answered once. It may be used from any event loop; each has connections of its own."""

    def __init__(self, config: Endpoint, key: str) -> None:
        self.config, self.key = config, key
        self.budget = Budget(config.retries)
        self.users_turn = UsersTurn(config.tokenizer) if config.tokenizer else None
        self.loops: dict[asyncio.AbstractEventLoop, tuple[Addresses, AsyncGenerator[None, None]]] = {}

    async def generate(self, chat: Chat, n: int, seed: int, sampling: Sampling, role: str = "assistant") -> Answers:
        """`n` candidates, drawn with the seeds `seed`, `seed` + 1, ... as far as the server can."""
        refuse_condemned()
        asked = self._opened(chat) if role == "user" else chat
        parts = [] if self.config.unbatched else [await self._answers(asked, n, seed, sampling)]
        missing = range(len(parts[0].candidates) if parts else 0, n)  # also where a server takes no notice of `n`
        parts += await asyncio.gather(*(self._alone(asked, seed + i, sampling) for i in missing))
        candidates = [each for part in parts for each in part.candidates][:n]
        return at_least_one(Answers(candidates=candidates, prompt_tokens=max(part.prompt_tokens for part in parts)))

    async def classify(self, chat: Chat) -> Values:
        """The head's raw values for `chat`."""
        refuse_condemned()
        head = self.config.head
        if head is None:
            raise Refused(f"model {self.config.name} is asked for a reward: set its head= to one of {', '.join(HEADS)}")
        body = head_body(head, self.config.name, chat)
        if head == "nim":
            return await self._asked(lambda client: client.complete(body), partial(read_values, head))
        return await self._asked(lambda client: client.head(head, body), partial(read_values, head))

    async def greet(self) -> Mapping[str, list[str] | Wrong]:
        """What each address says of its models."""
        clients = self._clients()
        greetings = await asyncio.gather(*(client.greet() for client in clients))
        await asyncio.gather(*(client.close() for client in clients))
        return {client.url: greeting for client, greeting in zip(clients, greetings, strict=True)}

    def _opened(self, chat: Chat) -> Opened:
        if self.users_turn is None:
            raise BadRow("an endpoint cannot write a user's turn: that takes the model's template, tokenizer=")
        return self.users_turn.opened(chat)

    async def _alone(self, chat: Chat | Opened, seed: int, sampling: Sampling) -> Answers:
        """One candidate by itself; if it cannot be had, that is its own error and not its row's."""
        try:
            answers = await self._answers(chat, 1, seed, sampling)
        except BadRow as bad:
            return Answers(candidates=[unanswered(str(bad))], prompt_tokens=0)
        return replace(answers, candidates=answers.candidates[:1])

    async def _answers(self, chat: Chat | Opened, n: int, seed: int, sampling: Sampling) -> Answers:
        body = chat_body(self.config.name, chat, n, seed, sampling, self.config.seed_bits)
        return await self._asked(lambda client: client.complete(body), self._read)

    def _read(self, found: Mapping[str, Any]) -> Answers:
        """The candidates; what the server says of one that it would not give is cut, and without the key."""
        answers = read_answers(found)
        told = [replace(each, error=each.error and hidden(each.error, self.key)) for each in answers.candidates]
        return replace(answers, candidates=told)

    async def _asked(self, send: Send, read: Callable[[Mapping[str, Any]], T]) -> T:
        """What comes of a request, sent until it succeeds or has been tried often enough."""
        self.budget.requests += 1
        addresses, tries, times, failing_since = await self._addresses(), 0, 0, math.inf
        while True:
            async with addresses.next(again=times > 0) as address:
                outcome = await self._once(address, send, read)
            if not isinstance(outcome, Fault):
                return outcome
            times, failing_since = times + 1, min(failing_since, time.monotonic())
            tries += not outcome.turned_away or time.monotonic() - failing_since > self.config.patience
            if tries >= self.config.attempts:
                raise BadRow(f"no answer: asked {times} times, the last time {address.client.url} {outcome.words}")
            if not outcome.turned_away:
                self.budget.spend(self.config.name, outcome)
            if not outcome.rests_address:
                await asyncio.sleep(min(outcome.wait or 0, self.config.patience) + backoff(times))

    async def _once(self, address: Address, send: Send, read: Callable[[Mapping[str, Any]], T]) -> T | Fault:
        """What was read of an answer, or a Fault. Raises BadRow and Refused; the address did its part then as well."""
        got = await send(address.client)
        try:
            found = read(parsed(got)) if isinstance(got, str) else got
        except (Malformed, BadRow, Refused) as of_the_answer:
            words = hidden(str(of_the_answer), self.key)
            found = Fault(words=words) if isinstance(of_the_answer, Malformed) else type(of_the_answer)(words)
        if isinstance(found, Fault):
            address.failed(found)
            return found
        address.went_well()
        if isinstance(found, BadRow):
            raise found
        if isinstance(found, Refused):
            raise Refused(f"model {self.config.name}: {address.client.url} {found}")
        return found

    async def _addresses(self) -> Addresses:
        """The addresses as this event loop uses them; those of loops that have ended are forgotten."""
        loop = asyncio.get_running_loop()
        if loop not in self.loops:
            self.loops = {each: known for each, known in self.loops.items() if not each.is_closed()}
            clients = self._clients()
            open_until = _until_the_loop_ends(clients)
            await anext(open_until)
            all_, config = [Address(client) for client in clients], self.config
            self.loops[loop] = Addresses(all_, config.name, config.concurrency, config.patience), open_until
        return self.loops[loop][0]

    def _clients(self) -> list[Client]:
        urls = dict.fromkeys(url.rstrip("/") for url in self.config.addresses)
        return [Client(url=url, key=self.key, timeout=self.config.timeout) for url in urls]


async def _until_the_loop_ends(clients: Sequence[Client]) -> AsyncGenerator[None, None]:
    """Open for as long as the event loop runs, which ends what is still open: nobody else says when a session ends."""
    try:
        yield
    finally:
        await asyncio.gather(*(client.close() for client in clients))


def _check_address(model: str, address: str) -> None:
    """Refuse what is no plain address. It is not repeated where it may hold a password."""
    try:
        parts = urlsplit(address)
        fine, bare = parts.scheme in ("http", "https") and bool(parts.hostname), parts.port != 0
    except ValueError:
        fine = bare = False
    if "@" in address or "?" in address or "#" in address:
        raise Refused(
            f"model {model}: an address holds a user, a password or a query; keep it plain, such as https://host/v1, "
            "and put the key in the environment variable that key= names"
        )
    if not fine or not bare:
        raise Refused(f"model {model}: {address!r} is no address; it must be like http://localhost:8000/v1")
