"""What ``chiso serve`` plans: a deployment per source with an address and a schedule, and one of everything."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy import Integer, create_engine, insert, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from catalogue.errors import SettingsError
from flows.prefect_server import pass_over
from flows.serving import deployments
from flows.settings import read_settings
from tests.flows.office import COUNTS, PORTAL, Installation, install


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = install(tmp_path_factory.mktemp("office"))
    made.declare("forms/COUNTS.yml", COUNTS)
    made.declare("sources/counter.yml", PORTAL + 'schedule: "30 5 * * 1-5"\n')
    return made


def test_each_source_with_an_address_has_its_own_schedule(office: Installation) -> None:
    def planned(cron: str = "") -> dict[str, tuple[list[str], list[str]]]:
        return {
            one.name: (
                one.parameters["sources"],
                [str(getattr(each.schedule, "cron", "")) for each in one.schedules or ()],
            )
            for one in deployments(read_settings(office.config), cron)
        }

    assert planned() == {"everything": ([], [])}  # The portal has no address, the inbox no schedule.
    office.addresses["counter"] = "https://portal.example"
    assert planned("0 6 * * *") == {
        "everything": ([], ["0 6 * * *"]),
        "counter": (["counter"], ["30 5 * * 1-5"]),
    }
    with pytest.raises(SettingsError, match="no cron line"):
        planned("99 6 * * *")


def test_a_port_that_another_program_answers_is_not_taken_over(office: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = office.chiso("serve", "--server", "--port", str(port))
    assert (done.returncode, f"port {port} is taken by another program" in done.stderr) == (2, True)


def test_without_a_server_it_says_how_to_have_one(office: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    done = office.chiso("serve")
    assert (done.returncode, "chiso serve --server" in done.stderr) == (2, True)
    office.declare("sources/counter.yml", PORTAL + "schedule: at dawn\n")
    assert "schedule" in office.chiso("describe").stderr


def test_a_property_that_is_no_column_is_passed_over_in_inserts_of_many_rows() -> None:
    class Base(DeclarativeBase):
        pass

    class Run(Base):
        __tablename__ = "run"
        key: Mapped[int] = mapped_column(Integer, primary_key=True)

        @hybrid_property
        def state(self) -> str:
            return "planned"

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    rows = [{"key": 1, "state": "a"}, {"key": 2, "state": "b"}]
    with Session(engine) as session:
        with pytest.raises(InvalidRequestError):
            session.execute(insert(Run), rows)
        pass_over(Run, "state")
        session.execute(insert(Run), rows)
        assert session.scalars(select(Run.key).order_by(Run.key)).all() == [1, 2]
    engine.dispose()
