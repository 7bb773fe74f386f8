"""Why the clients cannot be opened, said so that the reader knows what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way and how to take it away, in both languages of the console."""

    dutch: str
    english: str


class ClientStartError(Exception):
    """A client did not start; the bot itself is not concerned."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.english)
        self.obstacle = obstacle


def node_missing(program: str) -> Obstacle:
    """Say that a program of Node.js is not there."""
    return Obstacle(
        dutch=f"De bot draait, maar zonder chatvenster: `{program}` ontbreekt. "
        "Installeer Node.js 18 of nieuwer (met npm) en start opnieuw.",
        english=f"The bot runs, but without a chat window: `{program}` is missing. "
        "Install Node.js 18 or newer (with npm) and start again.",
    )


def node_too_old(found: str) -> Obstacle:
    """Say that Node.js is older than the client needs."""
    return Obstacle(
        dutch=f"De bot draait, maar zonder chatvenster: Node.js {found} is te oud. "
        "Installeer Node.js 18 of nieuwer en start opnieuw.",
        english=f"The bot runs, but without a chat window: Node.js {found} is too old. "
        "Install Node.js 18 or newer and start again.",
    )


def install_failed(exit_code: int, last_line: str) -> Obstacle:
    """Say that `npm ci` failed, with the last thing it said."""
    return Obstacle(
        dutch="De bot draait, maar zonder chatvenster: `npm ci` in bot/playground mislukte "
        f"(code {exit_code}): {last_line}",
        english="The bot runs, but without a chat window: `npm ci` in bot/playground failed "
        f"(code {exit_code}): {last_line}",
    )


def port_taken(port: int) -> Obstacle:
    """Say that another program sits on a client's port."""
    return Obstacle(
        dutch=f"Poort {port} is bezet. Stop het andere programma en start opnieuw.",
        english=f"Port {port} is taken. Stop the other program and start again.",
    )


def not_ready(key: str, log: str) -> Obstacle:
    """Say that a client started but does not answer, and where it says why."""
    return Obstacle(
        dutch=f"Het chatvenster van `{key}` start niet. Kijk in {log}.",
        english=f"The chat window of `{key}` does not start. Look into {log}.",
    )
