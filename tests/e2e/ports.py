"""Free ports on this machine."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> range:
    """Return `count` consecutive ports that are free now."""
    for first in range(41000, 60000, count):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return range(first, first + count)
    raise AssertionError("no free ports")
