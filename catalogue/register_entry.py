"""The entry of a register in ``registers.yml``: a ``Register`` without its versions, which a CSV file brings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

from catalogue.declared import Declared
from catalogue.register import Register

_KEYS: dict[str, Any] = {
    name: (info.annotation, info) for name, info in Register.model_fields.items() if name != "versions"
}
RegisterEntry: type[BaseModel] = create_model("RegisterEntry", __base__=Declared, __doc__=__doc__, **_KEYS)
