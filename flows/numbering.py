"""What was sent and decided before: what counts now of the units whose deliveries are to be loaded, where their form
numbers submissions; whether their period is closed; which rules people decided that a delivery's bytes may break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catalogue.delivery import Delivery
from catalogue.form import Form
from flows.closing import closed
from flows.house import House
from warehouse.override import overrides
from warehouse.submission import submitted


def numbered(
    house: House, form: Form | None, deliveries: Sequence[Delivery], *, published: bool = False
) -> list[Delivery]:
    """The deliveries, each with what came before it and counts now (``published``: as readers see it), and what is said
    of it where its period is closed. What they bring themselves is left out, and what arrived after bytes that are
    judged anew."""
    deliveries = closed(house, form, deliveries, published=published)
    if form is None or not form.layout.submission or (published and not house.warehouse.exists):
        return list(deliveries)
    units = {one.unit_key for one in deliveries if one.unit_key is not None}
    with house.warehouse.reader() if published else house.warehouse.connection() as connection:
        counting = submitted(connection, form.form, units)
    return [
        replace(
            one,
            submitted=tuple(
                each
                for each, sha256, arrival in counting
                if each.unit_key == one.unit_key
                and sha256 != one.sha256
                and (one.replay_of is None or arrival < one.replay_of)
            ),
        )
        for one in deliveries
    ]


def decided(house: House, delivery: Delivery) -> Delivery:
    """A delivery with what people decided about its bytes, as readers see it."""
    if not house.warehouse.exists:
        return delivery
    with house.warehouse.reader() as connection:
        return replace(delivery, overrides=tuple(overrides(connection, {delivery.sha256})))
