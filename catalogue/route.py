"""Routes: who is told of what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words

Outcome = Literal["accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error"]


class Route(Declared):
    """One message per run to an Apprise address (a secret, by name), of the deliveries whose outcome is listed."""

    route: Name
    title: Words
    address: Name = Field(description="The name of the secret that holds the Apprise URL")
    on: tuple[Outcome, ...] = ("partly_accepted", "rejected", "error")
    forms: tuple[Code, ...] = ()
    branches: tuple[Code, ...] = Field(default=(), description="Units at or below these codes; none: all")
    language: str = "en"
