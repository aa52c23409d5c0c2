"""An OpenAI-compatible server on loopback that answers as a test says, and misbehaves when told to.

with Server() as server:
    server.say = lambda asked: Reply(status=500)        what it answers to every request but the list of models
    server.queue = [Reply(status=429)]                  before that: once each
    server.address, server.asked
"""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A response, or a fault: `reset` drops the connection without a word, `cut` in the middle of the body."""

    status: int = 200
    body: Any = None  # JSON, or text as it is
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    fault: str | None = None


def completion(*texts: str, finish: str = "stop", **more: Any) -> Reply:
    """A chat completion with these candidates."""
    choices = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 7, "completion_tokens": sum(len(text.split()) for text in texts)}
    return Reply(body={"object": "chat.completion", "choices": choices, "usage": usage} | more)


def echo(asked: Asked) -> Reply:
    """Every candidate says which seed it was drawn with."""
    return completion(*(f"seed {asked.body.get('seed', 0) + i}" for i in range(asked.body.get("n", 1))))


def refusal(message: str, status: int = 400, **headers: str) -> Reply:
    """An error in the form that all these servers share."""
    return Reply(status=status, body={"error": {"message": message, "type": "error"}}, headers=headers)


class Server:
    """A running server; it counts how many requests it has in hand."""

    def __init__(self, models: tuple[str, ...] = ("tiny",), port: int = 0) -> None:
        self.models: Reply = Reply(body={"data": [{"id": name} for name in models]})
        self.say: Callable[[Asked], Reply] = echo
        self.queue: list[Reply] = []
        self.asked: list[Asked] = []
        self.greeted = self.in_hand = self.most_in_hand = 0
        self.lock = threading.Lock()
        self.http = _Http(("127.0.0.1", port), _handler(self))
        self.port: int = self.http.server_port
        self.address = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "Server":
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def reply(self, asked: Asked) -> Reply:
        """What to answer; also keeps count."""
        with self.lock:
            self.asked.append(asked)
            self.in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self.in_hand)
            queued = self.queue.pop(0) if self.queue else None
        reply = queued or self.say(asked)
        time.sleep(reply.seconds)
        with self.lock:
            self.in_hand -= 1
        return reply


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up on purpose here."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            server.greeted += 1
            self.send(server.models)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send(server.reply(Asked(path=self.path, headers=dict(self.headers), body=body)))

        def send(self, reply: Reply) -> None:
            if reply.fault == "reset":
                return self.drop()
            body = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
            self.send_response(reply.status)
            for name, value in ({"content-type": "application/json"} | dict(reply.headers)).items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reply.fault == "cut" else body)
            if reply.fault == "cut":
                self.drop()

        def drop(self) -> None:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
