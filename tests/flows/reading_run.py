"""A run that has readers, says who they are and waits: for the test that kills it."""

from __future__ import annotations

import multiprocessing
import sys
from datetime import datetime
from pathlib import Path

from catalogue.source import Inbox
from flows import readers
from flows.house import open_house
from flows.settings import read_settings
from transforms.recognise import Parcel

if __name__ == "__main__":
    readers.MANY = 1  # type: ignore[misc]
    house = open_house(read_settings(Path(sys.argv[1])))
    inbox = house.programme.source["inbox"]
    assert isinstance(inbox, Inbox)
    with readers.readers(house, 1) as read:
        read(inbox, Parcel("a.xlsx", "0" * 64, 3, datetime(2024, 1, 1), {}), b"abc").result()
        sys.stdout.write(" ".join(str(one.pid) for one in multiprocessing.active_children()) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
