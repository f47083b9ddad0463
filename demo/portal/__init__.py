"""The demo portal: a real HTTP server on loopback that speaks declared contracts, with faults on demand.

It knows no programme: the contracts, and whom it counts for, are declared in the programme's ``portal/``.
"""

from demo.portal.desk import DemoPortal
from demo.portal.dialect import Dialect, load_dialects
from demo.portal.faults import FAULTS, Fault, Faults
from demo.portal.figures import Figures, Span
from demo.portal.given import serve
from demo.portal.made_up import TOKEN, open_portal, portal_of
from demo.portal.population import (
    Population,
    Procedure,
    Unit,
    load_population,
    some_procedures,
    some_units,
)

__all__ = [
    "FAULTS", "TOKEN", "DemoPortal", "Dialect", "Fault", "Faults", "Figures", "Population", "Procedure", "Span", "Unit",
    "load_dialects", "load_population", "open_portal", "portal_of", "serve", "some_procedures", "some_units",
]  # fmt: skip
