"""A campaign: alerts are killed with SIGKILL around every message, through a cycle that opens, persists and recovers.

    python -m tests.campaign.kill_alerts [--kills 0] [--folder build/killed_alerts]

A real SMTP server and a real webhook server take the messages. The end of a run is killed before each statement that it
sends to a database and before each change of a file below its home, and run again. Each channel must have had every
message; one twice only where the kill came after the channel took it and before that was noted, under the same id.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import alerts.send  # noqa: F401 imported once, for all that are forked
from catalogue.route import Route
from flows.house import open_house, prepare
from flows.run import Outcome
from flows.settings import Settings
from flows.tell import finish
from tests.campaign.killing import Point, armed
from tests.channels import hook_server, mail_server
from tests.world import LAND, World, redeclared

ROOT: Final = Path(__file__).parents[2]
MORNING: Final = datetime(2024, 3, 1, 2)
ROWS: Final = [{"topic": "data", "received": 5}]
ROUTES: Final = (
    Route(route="mail", title={"en": "Steward"}, address="route_mail", digest="daily"),
    Route(route="hook", title={"en": "Room"}, address="route_hook", digest="daily"),
)
STEPS: Final = ("open", "persist", "recover")
SAID: Final = dict(zip(STEPS, ("Partly accepted: 1", "Still open: 1", "Recovered: 1"), strict=True))
CHANNELS: Final = ("mail", "hook")


class Heard(NamedTuple):
    """A message that arrived: for which try, by which channel, its id, its subject without the programme's title."""

    number: int
    channel: str
    message: str
    subject: str


class Result(NamedTuple):
    """What became of a kill: messages that never came, that came twice without a kill between send and mark, and that
    came twice by one."""

    step: str
    point: int
    of: int
    killed: bool
    lost: int
    doubled: int
    repeated: int


def main(words: Sequence[str] | None = None) -> int:
    """Kill at as many points of each step (0: at all); 1 where a message was lost, or repeated where it must not be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=0, help="how many of each step, those around messages first")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "killed_alerts")
    options = parser.parse_args(words)
    folder: Path = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with _servers(folder) as post:
        results = []
        for one in _campaign(folder, post, options.kills):
            results.append(one)
            with (folder / "results.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(one._asdict()) + "\n")
    wrong = [one for one in results if one.lost or one.doubled]
    for one in wrong:
        print(one, file=sys.stderr)
    killed, repeated = sum(one.killed for one in results), sum(one.repeated for one in results)
    print(f"{killed} of {len(results)} killed: {sum(one.lost for one in results)} messages lost, "
          f"{sum(one.doubled for one in results)} doubled, {repeated} repeated between send and mark")  # fmt: skip
    return 1 if wrong else 0


class _Post:
    """The servers, in a process of their own: their addresses, and what they took, line by line in a file."""

    def __init__(self, folder: Path) -> None:
        self.log, self.ports = folder / "heard.jsonl", folder / "ports.json"

    def heard(self, number: int) -> list[Heard]:
        """What arrived for one try."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [one for line in lines if (one := Heard(*json.loads(line))).number == number]

    def addresses(self, number: int) -> dict[str, str]:
        """The secrets of one try's routes: messages tell by their recipient which try they are of."""
        mail, hook = json.loads(self.ports.read_text())
        return {
            "CHISO_SECRET_ROUTE_MAIL": f"{mail}&to=t{number}@tinh.example",
            "CHISO_SECRET_ROUTE_HOOK": f"{hook}/t{number}",
        }


@contextmanager
def _servers(folder: Path) -> Iterator[_Post]:
    post = _Post(folder)
    server = os.fork()
    if not server:
        _serve(post)
    while not post.ports.exists():
        time.sleep(0.01)
    try:
        yield post
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


class _Lines(list[Any]):
    """A list whose items are written to a file, too, before whoever sent them is answered."""

    def __init__(self, path: Path, line: Callable[[Any], Heard]) -> None:
        super().__init__()
        self.path, self.line = path, line

    def append(self, item: Any) -> None:
        """Write it down."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.line(item)) + "\n")


def _serve(post: _Post) -> None:
    """Take messages until this process is killed."""
    with mail_server() as office, hook_server() as hook:
        office.letters = _Lines(post.log, lambda one: Heard(_try(one["To"]), "mail", one["X-Chiso-Message"],
                                                            _subject(one["Subject"])))  # fmt: skip
        hook.calls = _Lines(post.log, lambda one: Heard(_try(one[1]), "hook", one[2]["message_id"],
                                                        _subject(one[2]["title"])))  # fmt: skip
        url = office.url().partition("&to=")[0]
        ready = post.ports.with_suffix(".new")
        ready.write_text(json.dumps([url, hook.url("x").removesuffix("/x")]))
        ready.rename(post.ports)
        signal.pause()
    os._exit(0)


def _try(text: object) -> int:
    return int("".join(one for one in str(text).partition("@")[0] if one.isdigit()))


def _subject(text: object) -> str:
    return str(text).partition(" - ")[2]


def chosen(points: Sequence[Point], kills: int) -> list[int]:
    """Numbers of points to kill at: before what was sent is noted, before messages are written for good, before all
    else; ``kills`` of them, 0: all."""
    said = [what.split("(")[0] for _, what in points]
    noting = [place for place, what in enumerate(said, 1) if what.startswith("INSERT INTO warehouse.outbox_attempt")]
    first = [*noting[:1], *(place for place, what in enumerate(said, 1) if what == "COMMIT"), *noting[1:]]
    every = [*dict.fromkeys([*first, *range(1, len(points) + 1)])]
    return every[:kills] if kills else every


def _campaign(folder: Path, post: _Post, kills: int) -> Iterator[Result]:
    """For each step: its state before, an unbroken run to count the points, then the kills."""
    home, number = folder / "home", 0
    _apart(lambda: _prepared(home))
    for place, step in enumerate(STEPS):
        _apart(lambda at=place: _report(home, at))  # type: ignore[misc]
        before = folder / f"before-{step}"
        shutil.copytree(home, before)
        points = folder / f"points-{step}.json"
        _end(home, place, post, 0, points=points)
        assert [one.subject for one in post.heard(0)] == [SAID[one] for one in STEPS[: place + 1] for _ in CHANNELS]
        found = [(where, what) for where, what in json.loads(points.read_text())]
        for point in chosen(found, kills):
            number += 1
            yield _killed(folder, post, number, place, (point, len(found)))


def _killed(folder: Path, post: _Post, number: int, place: int, at: tuple[int, int]) -> Result:
    """Kill the end of a run at a point, run it again, and look at what arrived."""
    step, (point, of) = STEPS[place], at
    home = folder / "killed"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(folder / f"before-{step}", home)
    ended = _end(home, place, post, number, point)
    taken, noted = post.heard(number), folder / "noted.json"
    _apart(lambda: noted.write_text(json.dumps(_noted(home, place))))
    between = {one.message for one in taken} - {*json.loads(noted.read_text())}
    again = _end(home, place, post, number)
    assert again == 0, f"{step}, point {point}: the run after the kill ended with {again}"
    heard = post.heard(number)
    lost = sum(1 for one in CHANNELS if (one, SAID[step]) not in {(each.channel, each.subject) for each in heard})
    repeated, others = len(heard) - len({*heard}), len({*heard}) - len(CHANNELS)
    # Messages are sent and noted one by one: of at most one it is not known whether it went out.
    allowed = repeated if repeated <= len(between) <= 1 else 0
    return Result(step, point, of, ended == -signal.SIGKILL, lost, max(others, 0) + repeated - allowed, allowed)


def _world(home: Path, place: int) -> World:
    """The world in a home, with routes to both servers, and its clock on a day of its own for each step."""
    house = open_house(Settings(home=home, programme=str(LAND)), f"run{place}")
    house = replace(house, programme=redeclared(house.programme, routes=ROUTES))
    return World(house, MORNING + timedelta(days=place), sent=place * 100)


def _prepared(home: Path) -> None:
    prepare(_world(home, 0).house)


def _report(home: Path, place: int) -> None:
    """What arrives before a step: a report with a row set aside, nothing, the report mended."""
    world = _world(home, place)
    if STEPS[place] != "persist":
        world.report("CASES", "ON1", "2024-01", ROWS, complete=STEPS[place] == "recover")


def _noted(home: Path, place: int) -> list[str]:
    rows = _world(home, place).sql("SELECT message_id FROM outbox_attempt WHERE outcome = 'sent'")
    return [message for (message,) in rows]


def _end(home: Path, place: int, post: _Post, number: int, point: int = 0, points: Path | None = None) -> int:
    """The end of a run, killed at a point."""

    def run() -> None:
        os.environ |= {**post.addresses(number), "NO_PROXY": "127.0.0.1"}
        world = _world(home, place)
        at = world.clock + timedelta(hours=5)
        pytest.MonkeyPatch().setattr("flows.tell.now", lambda: at)  # The process ends with it.
        outcome = Outcome()
        armed(home, point, points)
        finish(world.house, outcome, lambda: None, world.house.warehouse.publish)
        assert outcome.told == [], outcome.told

    return _apart(run)


def _apart(work: Callable[[], object]) -> int:
    """Do something in a process of its own, which may be killed: a database that was open is no business of ours."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 whatever it is, it is told, and this process ends here
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            if code == 0:
                import atexit  # noqa: PLC0415 what is registered writes down the points

                atexit._run_exitfuncs()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
