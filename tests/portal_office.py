"""A world of ``land`` whose regional office runs a portal, under any of three contracts (``tests.portal_server``)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from catalogue.form import Form
from catalogue.source import Portal
from flows.fetch import fetch_pull
from flows.house import prepare
from flows.run import Outcome, run_portals
from tests.portal_server import Rows, Truth, answering, portal
from tests.world import World, redeclared

FORM = Form.model_validate(
    {
        "form": "COUNTS",
        "title": {"en": "Counts of a portal"},
        "fact": "cases",
        "frequency": "month",
        "respondents": {"register": "offices", "types": ["region_office"], "branches": ["ON"], "reports": "branch"},
        "due": {"days": 3},
        "key": ["office", "topic"],
        "fields": [
            {"field": "office", "header": ["office", "OFFICE", "agency.code"], "title": {"en": "Office"},
             "type": "entity", "register": "offices", "to": "office", "required": True},
            {"field": "topic", "header": ["topic", "TOPIC"], "title": {"en": "Topic"}, "type": "code",
             "codelist": "topic", "to": "topic", "required": True},
            {"field": "received", "header": ["received", "RECEIVED"], "title": {"en": "Received"}, "type": "count",
             "to": "received", "required": True, "minimum": 0},
        ],
    }
)  # fmt: skip
JANUARY: Rows = {("ON1", "data"): 30, ("ON1", "web"): 40, ("ON2", "data"): 50}
FEBRUARY: Rows = {("ON1", "data"): 6, ("ON2", "web"): 7, ("ON2", "data"): 8}


class Office:
    """A world whose regional office runs a portal."""

    def __init__(self, world: World, adapter: str = "one_stop", **declared: Any) -> None:
        programme = world.programme
        source = portal(adapter, **declared)
        header = programme.header.model_copy(update={"time_zone": "Asia/Ho_Chi_Minh"})
        programme = redeclared(
            programme, header=header, digest=programme.digest + adapter, forms=(*programme.forms, FORM),
            sources=(*programme.sources, source),
        )  # fmt: skip
        self.world = world
        self.truth = Truth({"2024-01-01": dict(JANUARY), "2024-02-01": dict(FEBRUARY)})
        world.house = replace(world.house, programme=programme)
        prepare(world.house)
        self.source: Portal = source

    def run(self) -> Outcome:
        """Pull what is due and load it."""
        world, waits = self.world, list[float]()
        with answering(self.truth) as base:
            addresses = {self.source.address: base}
            secrets = world.house.home / "secrets"
            secrets.mkdir(exist_ok=True)
            (secrets / "token").write_text(self.truth.token)
            settings = world.house.settings.model_copy(update={"addresses": addresses, "secrets": secrets})
            world.house = replace(world.house, settings=settings)
            self.truth.renewed = (secrets / "token").write_text
            return run_portals(world.house, pull=partial(fetch_pull, wait=waits.append), only=[self.source.source])

    def counted(self, view: str = "cases") -> dict[str, Rows]:
        """What readers see, by first day of the month."""
        found: dict[str, Rows] = {}
        for day, office, topic, received in self.world.sql(
            f"SELECT start_date, office_code, topic_code, received FROM {view} WHERE form_code = 'COUNTS'"
        ):
            found.setdefault(day.isoformat(), {})[office, topic] = received
        return found
