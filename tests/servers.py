"""Real servers on loopback where agencies lay their files: OpenSSH with SFTP, and an S3 object store."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO
from uuid import uuid4

import fsspec
import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/sbin")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _wait_for(stream: IO[str], pattern: str, what: str) -> re.Match[str]:
    """Read a server's own messages until it says that it is ready."""
    said = []
    for line in stream:
        if found := re.search(pattern, line):
            return found
        said.append(line)
    raise AssertionError(f"{what} did not start: {''.join(said)}")


@dataclass
class SshServer:
    """An OpenSSH server that runs as we do and lets one key in."""

    folder: Path
    port: int
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def secrets(self) -> dict[str, str]:
        """Who may come in, and how the server is known: by kind, as an address needs them."""
        return {
            "user": getpass.getuser(),
            "key": (self.folder / "client").read_text(),
            "host_key": (self.folder / "host.pub").read_text(),
        }

    def address(self, root: Path) -> str:
        """The address of a folder."""
        return f"sftp://127.0.0.1:{self.port}{root}"

    def start(self) -> None:
        """Listen; returns when it does."""
        if SSHD is None:
            pytest.skip("there is no sshd; install openssh-server, as .ci/run does")
        config = self.folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/client.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\nUseDNS no\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(config)], stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stderr
        _wait_for(self.process.stderr, "Server listening", "sshd")

    def stop(self) -> None:
        """End it with every connection that it holds."""
        _stop(self.process)
        self.process = None


@dataclass
class S3Server:
    """An object store, its own account, and one bucket."""

    endpoint: str
    bucket: str
    process: subprocess.Popen[str] = field(repr=False)
    secrets: dict[str, str] = field(default_factory=lambda: {"user": "AKIATEST", "password": "not-a-real-secret"})

    def address(self, prefix: str) -> str:
        """The address of a folder in the bucket."""
        return f"s3://{self.bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1"

    @cached_property
    def files(self) -> fsspec.AbstractFileSystem:
        """The store as one who fills it sees it."""
        return fsspec.filesystem(
            "s3", key=self.secrets["user"], secret=self.secrets["password"], endpoint_url=self.endpoint,
            use_listings_cache=False, skip_instance_cache=True, client_kwargs={"region_name": "us-east-1"},
        )  # fmt: skip

    def stop(self) -> None:
        """End it."""
        _stop(self.process)


def _stop(process: subprocess.Popen[str] | None) -> None:
    if process is None:
        return
    for one in (*_sessions(process.pid), process.pid):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def _sessions(process: int) -> list[int]:
    """The processes below one: sshd gives each of its connections its own."""
    found = subprocess.run(["ps", "-A", "-o", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for parent, child in (map(int, line.split()) for line in found.splitlines()):
        children.setdefault(parent, []).append(child)
    below, left = list[int](), [process]
    while left:
        some = children.get(left.pop(), [])
        below += some
        left += some
    return below


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """A running OpenSSH server, its keys in a folder."""
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True)
    server = SshServer(folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A running object store with an empty bucket."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(free_port())],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr
    found = _wait_for(process.stderr, r"(http://127\.0\.0\.1:\d+)", "the object store")
    server = S3Server(found[1], f"bucket-{uuid4().hex[:8]}", process)
    try:
        server.files.call_s3("create_bucket", Bucket=server.bucket)
        yield server
    finally:
        server.stop()
