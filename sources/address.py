"""An address, opened: a folder, a folder on an SFTP server, a bucket of an object store, or any other fsspec URL.

Who we are is never part of an address, because addresses are printed and kept: it comes as secrets, by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from fsspec import available_protocols
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from catalogue.errors import ChisoError, SettingsError, SourceUnavailable

SECRETS: Final = ("user", "password", "key", "passphrase", "host_key")
"""Kinds of secret that an address may need: of address ``inbox`` they are ``inbox_user``, ``inbox_password``, ..."""

# A server that is down must not hold the run for long; one that falls silent is given up after three unanswered calls.
_CONNECT_SECONDS: Final = 20
_SILENT_SECONDS: Final = 20
_ATTEMPTS: Final = 3


class Unreachable(ChisoError):
    """A server no longer answers: what is left of its inbox waits for the next run."""

    retriable = True


class Opened(NamedTuple):
    """``files`` is the fsspec file system, ``root`` the path on it; ``local`` where both are of this machine.

    ``flat``: a store of named objects, without folders of its own. ``faults``: what its driver raises where the
    server or the disk fails.
    """

    files: Any
    root: str
    local: bool
    flat: bool = False
    faults: tuple[type[Exception], ...] = (OSError,)


def open_address(address: str, secrets: Mapping[str, str] | None = None, name: str = "<address>") -> Opened:
    """Open an address; a server is connected to, a folder is not looked at. ``secrets`` are values by kind, ``name`` is
    what the address is called in the settings: messages name its secrets by it.

    Raises SettingsError where it cannot be understood, bears a password, or refuses us; SourceUnavailable where no
    server answers.
    """
    _refuse_credentials(address)
    opener = _OPENERS.get(address.partition("://")[0].lower()) if "://" in address else None
    if opener:
        return opener(address, secrets or {}, name)
    try:
        files, root = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"address {address!r} cannot be opened: {error}; give a folder, or a URL whose fsspec driver is installed"
        ) from error
    return Opened(files, str(root), isinstance(files, LocalFileSystem))


def check_address(address: str, secrets: Mapping[str, str] | None = None, name: str = "<address>") -> None:
    """Say of an address, without asking anybody, whether it could be opened. Raises SettingsError as ``open_address``.

    Whether a server answers, and takes us in, is not known then.
    """
    _refuse_credentials(address)
    scheme = address.partition("://")[0].lower() if "://" in address else "file"
    if scheme == "sftp":
        _who(address, secrets or {}, name)
    elif scheme == "s3":
        _bucket(address, secrets or {}, name)
    elif scheme not in available_protocols():
        raise SettingsError(
            f"address {address!r}: there is no driver for {scheme}://; give a folder, or a URL of sftp or s3"
        )


def _who(address: str, secrets: Mapping[str, str], name: str) -> tuple[Any, str]:
    """The parts of an SFTP address, and who we are there."""
    parts = _parts(address)
    if not parts.hostname:
        raise SettingsError(f"address {address!r} names no server; write sftp://server/folder")
    user = secrets.get("user") or unquote(parts.username or "")
    if not user:
        raise SettingsError(
            f"address {address!r}: who we are there is not said; set the secret {name}_user, or write sftp://user@server"
        )
    return parts, user


def _bucket(address: str, secrets: Mapping[str, str], name: str) -> tuple[Any, dict[str, str]]:
    """The parts of an S3 address, and what is asked for after its ``?``."""
    parts = _parts(address)
    asked = dict(parse_qsl(parts.query))
    if not parts.netloc or parts.username or set(asked) - {"endpoint", "region"}:
        raise SettingsError(
            f"address s3://{parts.hostname or ''}{parts.path}: write s3://bucket/folder, where it is not Amazon's with "
            "?endpoint=https://server, and ?region=name where it must be said; nothing else"
        )
    if bool(secrets.get("user")) != bool(secrets.get("password")):
        raise SettingsError(
            f"address {address!r}: of the secrets {name}_user (key id) and {name}_password only one is set; set the "
            "other, or take it away"
        )
    return parts, asked


def _open_sftp(address: str, secrets: Mapping[str, str], name: str) -> Opened:
    """``sftp://[user@]host[:port]/folder``; without a leading "//" in the path it is still absolute, as in a URL."""
    try:
        import asyncssh  # noqa: PLC0415 dear, and only for those who have such an address
        from sshfs import SSHFileSystem  # noqa: PLC0415
    except ImportError as error:
        raise _no_driver(address, "sftp") from error
    parts, user = _who(address, secrets, name)
    options: dict[str, Any] = {
        "port": parts.port or 22,
        "username": user,
        "config": None,
        "connect_timeout": _CONNECT_SECONDS,
        "login_timeout": _CONNECT_SECONDS,
        "keepalive_interval": _SILENT_SECONDS,
        "keepalive_count_max": _ATTEMPTS,
        # The driver's own default is to trust any server; the library's is the known_hosts file of the account.
        "known_hosts": (),
    }
    if secrets.get("password") or secrets.get("key"):
        options |= {"password": secrets.get("password"), "client_keys": None, "agent_path": None}
    try:
        if secrets.get("key"):
            options["client_keys"] = [asyncssh.import_private_key(secrets["key"], secrets.get("passphrase"))]
        if secrets.get("host_key"):
            options["known_hosts"] = asyncssh.import_known_hosts(_known_hosts(secrets["host_key"]))
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        # What the library says may repeat a piece of the secret.
        raise SettingsError(
            f"address {address!r}: the secret {name}_key is no private key that {name}_passphrase opens, or "
            f"{name}_host_key no line of ssh-keyscan"
        ) from None
    try:
        files = SSHFileSystem(
            parts.hostname,
            skip_instance_cache=True,
            # Names that are no UTF-8 must not hide the files beside them.
            sftp_client_kwargs={"path_errors": "surrogateescape"},
            **options,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        raise SettingsError(
            f"address {address!r}: the server's host key is not the one we know; if it is right, put the line of "
            f"ssh-keyscan into the secret {name}_host_key, or into known_hosts of the account that runs chiso"
        ) from error
    except PermissionError as error:
        raise SettingsError(
            f"address {address!r}: the server refuses the login of {options['username']!r}: {error}; mend the secrets "
            f"{name}_password or {name}_key"
        ) from error
    except (OSError, asyncssh.Error) as error:
        raise SourceUnavailable(
            f"address {address!r} does not answer: {said(error)}; it is tried again with the next run"
        ) from error
    return Opened(files, unquote(parts.path) or "/", local=False, faults=(OSError, asyncssh.Error))


def _open_s3(address: str, secrets: Mapping[str, str], name: str) -> Opened:
    """``s3://bucket/folder[?endpoint=https://server&region=name]``. Without secrets the machine's own role is used."""
    try:
        from aiohttp import ClientError as BrokenLine  # noqa: PLC0415 dear, and only for those who have such an address
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        from s3fs import S3FileSystem  # noqa: PLC0415
    except ImportError as error:
        raise _no_driver(address, "s3") from error
    parts, asked = _bucket(address, secrets, name)
    files = S3FileSystem(
        key=secrets.get("user"),
        secret=secrets.get("password"),
        endpoint_url=asked.get("endpoint"),
        client_kwargs={"region_name": asked["region"]} if "region" in asked else {},
        config_kwargs={
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _SILENT_SECONDS * _ATTEMPTS,
            "retries": {"max_attempts": _ATTEMPTS - 1},
        },
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    files.retries = _ATTEMPTS
    root = f"{parts.netloc}/{unquote(parts.path).strip('/')}".rstrip("/")
    return Opened(files, root, local=False, flat=True, faults=(OSError, BotoCoreError, ClientError, BrokenLine))


_OPENERS: Final[dict[str, Callable[[str, Mapping[str, str], str], Opened]]] = {"sftp": _open_sftp, "s3": _open_s3}


def said(error: BaseException) -> str:
    """What an error of a driver says, in one line."""
    text = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error) or type(error).__name__
    return str(text).strip().splitlines()[0]


def _parts(address: str) -> Any:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise SettingsError(f"address {address!r} cannot be understood: {error}") from error
    return parts


def _refuse_credentials(address: str) -> None:
    """An address is printed and kept, so nothing secret may stand in it; the message does not repeat it."""
    for url in (address, *(value for _, value in parse_qsl(address.partition("?")[2]))):
        place, _, rest = url.partition("://")
        account, at, _ = rest.partition("/")[0].rpartition("@")
        if at and ":" in account:
            raise SettingsError(
                f"an address {place}://... bears a password; take it out, and set the secrets <address>_user and "
                "<address>_password"
            )


def _known_hosts(text: str) -> str:
    """Lines of a known_hosts file; a bare public key is that of whatever server the address names."""
    bare = ("ssh-", "ecdsa-", "sk-")
    return "".join(f"* {line}\n" if line.startswith(bare) else f"{line}\n" for line in text.strip().splitlines())


def _no_driver(address: str, extra: str) -> SettingsError:
    return SettingsError(f"address {address!r} needs a driver that is not installed; install chiso[{extra}]")
