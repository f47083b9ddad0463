"""Signatures of the deliveries of a batch, laid out to be appended: what was found of them when they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from catalogue.delivery import Cell, Delivery, Signature
from catalogue.language import Language
from catalogue.rule import finding
from transforms.stage import Arrived
from warehouse.staging import Staging

LENIENT: Final = ("signature.missing", "signature.revocation_unknown")
"""What is only warned of where a signature is wanted: that there is none, and that our own lists are out of date. One
that does not hold is worse than none: the file was changed, or is not from whom it says."""
_COLUMNS: Final = {
    "delivery_no": pa.int64(),
    "policy": pa.string(),
    "rule_code": pa.string(),
    "found": pa.string(),
    "name": pa.string(),
    "signature_sha256": pa.string(),
    "signed_sha256": pa.string(),
    "signer": pa.string(),
    "serial_number": pa.string(),
    "issuer": pa.string(),
    "entry": pa.string(),
    "unit_key": pa.int64(),
    "claimed_at": pa.timestamp("us"),
    "judged_as_of": pa.timestamp("us"),
}


def bearing(delivery: Delivery, signature: Signature, language: Language) -> Delivery:
    """A delivery with its signature, and with a finding where that does not hold."""
    if not signature.rule:
        return replace(delivery, signature=signature)
    told = finding(signature.rule, Cell(), "", signature.found, language)
    if signature.policy == "wanted" and signature.rule in LENIENT:
        told = replace(told, severity="warn")
    return replace(delivery, signature=signature, refusal=(*delivery.refusal, told))


def lay_signatures(area: Staging, batch: Sequence[Arrived]) -> None:
    """Write ``out_signatures``."""
    area.put(
        "out_signatures",
        _COLUMNS,
        [
            (
                one.number, signature.policy, signature.rule or None, signature.found or None, signature.name or None,
                signature.sha256 or None, signature.signed or None, signature.signer or None, signature.serial or None,
                signature.issuer or None, signature.entry or None, signature.unit_key, signature.claimed, signature.at,
            )
            for one in batch
            if (signature := one.delivery.signature) is not None
        ],
    )  # fmt: skip
