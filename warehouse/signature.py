"""Signatures as deliveries were judged by them last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from catalogue.delivery import Signature
from warehouse.schema import delivery_signature, dim_delivery

_LATEST = """
SELECT d.sha256, s.* FROM delivery_signature s JOIN dim_delivery d ON d.delivery_key = s.delivery_key
WHERE d.delivery_key IN (SELECT max(s.delivery_key) FROM delivery_signature s
                         JOIN dim_delivery d ON d.delivery_key = s.delivery_key GROUP BY d.sha256)
"""


def signatures(connection: Connection, hashes: Collection[str]) -> dict[str, Signature]:
    """How the signatures of some bytes were judged last, by the sha256 of the bytes."""
    if not hashes:
        return {}
    query = text(f"{_LATEST} AND d.sha256 IN :hashes").bindparams(bindparam("hashes", expanding=True))
    return {row["sha256"]: _signature(row) for row in connection.execute(query, {"hashes": list(hashes)}).mappings()}


def every_signature(connection: Connection) -> dict[str, Signature]:
    """How the signature of every delivery was judged last, by the sha256 of its bytes."""
    return {row["sha256"]: _signature(row) for row in connection.execute(text(_LATEST)).mappings()}


def unproven(connection: Connection, source: str) -> dict[str, Signature]:
    """The signatures of what a source brought that are missing or do not hold, by the sha256 of the bytes signed."""
    sent = set(connection.execute(select(dim_delivery.c.sha256).where(dim_delivery.c.source_code == source)).scalars())
    return {sha256: one for sha256, one in every_signature(connection).items() if one.rule and sha256 in sent}


def signature_of(connection: Connection, delivery_key: int) -> Signature | None:
    """The signature by which one delivery was judged; None where its form asked for none."""
    query = select(delivery_signature).where(delivery_signature.c.delivery_key == delivery_key)
    row = connection.execute(query).mappings().one_or_none()
    return _signature(row) if row is not None else None


def _signature(row: Mapping[Any, Any]) -> Signature:
    return Signature(
        policy=row["policy"],
        at=row["judged_as_of"],
        unit_key=row["unit_key"],
        rule=row["rule_code"] or "",
        found=row["found"] or "",
        name=row["name"] or "",
        sha256=row["signature_sha256"] or "",
        signed=row["signed_sha256"] or "",
        signer=row["signer"] or "",
        serial=row["serial_number"] or "",
        issuer=row["issuer"] or "",
        claimed=row["claimed_at"],
        entry=row["entry"] or "",
    )
