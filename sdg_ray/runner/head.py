"""Whether the head of a Ray cluster answers: without it Ray ends the job after a minute, and says nothing.

Head("10.0.0.1:6379").answers()          asked before it is joined: Ray would wait for minutes where nobody listens
look = Head("10.0.0.1:6379").look        asked every few seconds, what there is to say of it

Only a connection is made: everything that asks Ray itself waits for the head, too.
"""

import socket

GONE = (
    "the cluster's head at {address} does not answer; if it stays away, Ray ends this job within a minute or two: what "
    "is committed stays, and the same command goes on once there is a cluster"
)
BACK = "the cluster's head at {address} answers again"


class Head:
    """The head of the cluster at `address` (host:port), which was there at first."""

    def __init__(self, address: str, patience: float = 2.0) -> None:
        self.address, self.patience, self.there = address, patience, True

    def look(self) -> str | None:
        """A sentence when the head has gone or come back since the last look; takes `patience` seconds at most."""
        was, self.there = self.there, self.answers()
        if was == self.there:
            return None
        return (BACK if self.there else GONE).format(address=self.address)

    def answers(self) -> bool:
        """Whether somebody listens there; takes `patience` seconds at most."""
        host, _, port = self.address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=self.patience).close()
        except OSError:
            return False
        return True
