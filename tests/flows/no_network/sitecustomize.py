"""Python imports this at its start, in every process of a run whose PYTHONPATH names this folder: whoever then looks up
or connects to a host that is not this machine is refused, and written down in the file that CHISO_TEST_REFUSED names.
"""

from __future__ import annotations

import os
import sys

_HERE = ("127.", "::1", "localhost", "0.0.0.0")


def _ours(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return not name or str(name).startswith(_HERE)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _ours(host):
        with open(os.environ["CHISO_TEST_REFUSED"], "a", encoding="utf-8") as file:  # noqa: PTH123 before pathlib
            file.write(f"{event} {host!r} by {' '.join(sys.argv)[:200]}\n")
        raise ConnectionRefusedError(f"no network in this test: {event} {host!r}")


if "CHISO_TEST_REFUSED" in os.environ:
    sys.addaudithook(_hook)
