"""What a Dask worker is asked to do: judge a batch. It is named to the scheduler, too, and so imports nothing dear."""
# ruff: noqa: PLC0415 - Dask's scheduler imports this module, and has no use for what judging needs

from __future__ import annotations

import pickle


def judge_packed(charge: bytes) -> bytes:
    """Judge a batch (``flows.charge.Charge``, packed) on this machine; packed, what came of it (``Judged``)."""
    from flows.charge import judge_charge

    # Packed by the run that this worker works for; whoever can talk to a worker can have it do anything.
    return pickle.dumps(judge_charge(pickle.loads(charge)), pickle.HIGHEST_PROTOCOL)  # noqa: S301
