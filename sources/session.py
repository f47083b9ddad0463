"""A session with a portal: authorised questions over HTTP, with patience, and with none for what is out of contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Literal, NoReturn, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from catalogue.errors import SettingsError, SourceBroken, SourceRefused, SourceUnavailable
from catalogue.source import Portal

CONNECT_SECONDS: Final = 15.0
LONGEST_PAUSE: Final = 120.0
LARGEST_ANSWER: Final = 64 * 1024 * 1024
REDIRECTS: Final = 5
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
UNAUTHORISED: Final = 401
TIMED_OUT: Final = 408
TOO_MANY: Final = 429
SERVER_ERROR: Final = 500

Refresh = Callable[[], str]
Wait = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: as a JSON body, as fields of a form, or in the query of the URL."""

    how: Literal["json", "form", "query"]
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Reply:
    """One answer. ``trouble`` is set where trying again may help, ``pause`` where the portal said when (seconds)."""

    status: int = 0
    content: bytes = b""
    html: bool = False
    trouble: str = ""
    pause: float | None = None


class _Bearer(AuthBase):
    """Sets the token itself, so that no .netrc on the machine can put another in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Session:
    """Questions to one portal, one after another.

    Each question is tried ``portal.attempts`` times while the portal is busy, failing or away, as long as its pauses
    and time-outs stay within ``portal.patience_seconds`` in all; a refused token is renewed once per session by
    ``refresh``. No message bears the token.
    """

    def __init__(self, portal: Portal, address: str, token: str | None, refresh: Refresh | None, wait: Wait) -> None:
        self._portal = portal
        self._url = f"{address.rstrip('/')}/{portal.path.lstrip('/')}"
        self._refresh = refresh
        self._wait = wait
        self._waited = 0.0
        place = urlsplit(self._url)
        self.name = f"portal {portal.source!r}, {place.path}"
        if place.scheme not in ("http", "https") or not place.hostname:
            raise SettingsError(
                f"portal {portal.source!r}: its address is no URL of a portal; give http:// or https:// and a host "
                f"under {portal.address!r} in the settings"
            )
        self._http = requests.Session()
        # A proxy of the house cannot reach this machine's own loopback; everything else goes as the house wants.
        self._http.trust_env = place.hostname not in LOOPBACK
        if portal.token is not None:
            self._authorise(token or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(self, question: Question) -> object:
        """What the portal answers, parsed; fractions as Decimal.

        Raises SourceUnavailable when all attempts are used up, SourceBroken where the answer is no JSON, the token is
        refused after it was renewed, or the portal sends us to another host.
        """
        failed = 0
        while True:
            reply = self._send(question)
            if reply.trouble:
                failed += 1
                self._pause(reply, failed)
            elif reply.status == UNAUTHORISED or reply.html:
                self._renew(reply)
            else:
                return self._parsed(reply)

    def _send(self, question: Question) -> _Reply:
        """Put a question, following redirects on the portal's own host only."""
        url = self._url
        for _ in range(REDIRECTS):
            try:
                with self._http.request(
                    "GET" if question.how == "query" else "POST",
                    url,
                    # Where it redirects to may bear the question already.
                    params=question.content if question.how == "query" and not urlsplit(url).query else None,
                    data=question.content if question.how == "form" else None,
                    json=question.content if question.how == "json" else None,
                    headers={"Accept": "application/json"},
                    timeout=(CONNECT_SECONDS, self._portal.timeout_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    if not response.is_redirect:
                        return self._received(response)
                    url = self._redirected(url, response.headers["Location"])
            except requests.exceptions.SSLError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise SourceRefused(
                        f"{self.name}: the portal's certificate cannot be verified; have the portal mend it, or add "
                        "its authority to REQUESTS_CA_BUNDLE"
                    ) from error
                return _Reply(trouble="the encrypted connection failed")
            except requests.exceptions.Timeout:
                self._waited += self._portal.timeout_seconds
                return _Reply(trouble=f"no answer within {self._portal.timeout_seconds:g} s")
            except requests.exceptions.ConnectionError:
                return _Reply(trouble="no connection, or it was lost")
            except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
                return _Reply(trouble="the answer broke off")
            except requests.exceptions.RequestException as error:
                raise SettingsError(
                    f"{self.name}: the address cannot be used ({type(error).__name__}); mend {self._portal.address!r} "
                    "in the settings"
                ) from error
        raise SourceRefused(f"{self.name}: redirected more than {REDIRECTS} times; mend its address or path")

    def _received(self, response: requests.Response) -> _Reply:
        status = response.status_code
        said = f"it answered {status} {response.reason or ''}".strip()
        if status in (TIMED_OUT, TOO_MANY) or status >= SERVER_ERROR:
            return _Reply(status, trouble=said, pause=_asked(response))
        if status == UNAUTHORISED:
            return _Reply(status)
        if not response.ok:
            raise SourceBroken(
                f"{self.name}: {said} where 200 was expected; check the path, the query and what the token may see"
            )
        content = bytearray()
        for piece in response.iter_content(1 << 16):
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise SourceBroken(
                    f"{self.name}: one page is larger than {LARGEST_ANSWER} bytes; lower page_size (now "
                    f"{self._portal.page_size}) or see whether the portal honours it"
                )
        html = "html" in response.headers.get("Content-Type", "").lower() or content.lstrip()[:1] == b"<"
        return _Reply(status, bytes(content), html)

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
        safer = (here.scheme, there.scheme) == ("http", "https") and here.hostname == there.hostname
        if not (same or safer):
            raise SourceRefused(
                f"{self.name}: it redirects to {there.scheme}://{there.hostname}; the token is for "
                f"{here.scheme}://{here.hostname} alone. Mend the address, or renew the token if that is a login page"
            )
        return target

    def _pause(self, reply: _Reply, failed: int) -> None:
        pause = reply.pause if reply.pause is not None else min(2.0 ** (failed - 1), LONGEST_PAUSE)
        if failed >= self._portal.attempts:
            raise SourceUnavailable(
                f"{self.name}: {reply.trouble}, {failed} time{'s' if failed > 1 else ''}; nothing was taken. Try "
                "again later, or ask those who run it"
            )
        if pause > LONGEST_PAUSE:
            raise SourceUnavailable(
                f"{self.name}: {reply.trouble} and asks to come back after {pause:.0f} s; nothing was taken"
            )
        self._waited += pause
        if self._waited > self._portal.patience_seconds:
            raise SourceUnavailable(
                f"{self.name}: {reply.trouble}; pauses and time-outs of this pull would come to {self._waited:.0f} s "
                f"where patience_seconds allows {self._portal.patience_seconds:.0f}; nothing was taken. Try again later"
            )
        self._wait(pause)

    def _renew(self, reply: _Reply) -> None:
        found = "a web page, as for logging in, where JSON was expected" if reply.html else "401, token refused"
        if self._portal.token is None:
            raise SourceRefused(
                f"{self.name}: it answered {found}, and is declared to ask for no token; declare the name of its "
                "secret as 'token', or mend the path"
            )
        if self._refresh is None:
            raise SourceRefused(
                f"{self.name}: it answered {found}. The token has expired or was never right: put a new one under the "
                f"secret {self._portal.token!r}"
            )
        self._authorise(self._refresh())
        self._refresh = None

    def _authorise(self, token: str) -> None:
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError(
                f"portal {self._portal.source!r}: the secret {self._portal.token!r} is empty or has signs that no "
                "token has; store the token alone, without quotes or 'Bearer'"
            )
        self._http.auth = _Bearer(token)

    def _parsed(self, reply: _Reply) -> object:
        try:
            return json.loads(
                reply.content, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
            )
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise SourceBroken(
                f"{self.name}: its answer of {len(reply.content)} bytes is not JSON: {error}; ask those who run it"
            ) from error


def _asked(response: requests.Response) -> float | None:
    """The seconds that Retry-After asks for; a date is taken against the portal's own clock."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        span = parsedate_to_datetime(asked) - parsedate_to_datetime(response.headers["Date"])
        return max(0.0, span.total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"an object has the key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return found
