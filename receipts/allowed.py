"""What a cell of a column may hold, in the words that a receipt says it in where the cell holds something else."""

from __future__ import annotations

from typing import Final

from catalogue.delivery import Cell
from catalogue.form import Field, FieldType
from catalogue.language import Language
from catalogue.rule import finding
from catalogue.template_phrase import phrase

# The engine's rule by which a cell of a type is found wrong.
RULE_OF: Final[dict[FieldType, str]] = {
    "count": "cell.not_whole",
    "decimal": "cell.not_number",
    "percent": "cell.not_number",
    "text": "cell.too_long",
    "code": "cell.unknown_code",
    "codes": "cell.unknown_code",
    "flag": "cell.not_flag",
    "date": "cell.not_date",
    "entity": "cell.unknown_entity",
    "period": "cell.not_period",
}


def allowed(field: Field, pack: Language) -> str:
    """What a field allows: by its type, its bounds, its length and its marks."""
    said = [finding(RULE_OF[field.type], Cell(), field.field, "", pack).allowed]
    if field.type == "text":
        said = [f"{phrase(pack.template, 'longest')}: {field.max_length}"]
    bounds = [f">= {field.minimum}"] if field.minimum is not None else []
    bounds += [f"<= {field.maximum}"] if field.maximum is not None else []
    said += [f"{phrase(pack.template, 'between')}: {', '.join(bounds)}"] if bounds else []
    said += [f"{phrase(pack.template, 'marks')}: {', '.join(field.missing)}"] if field.missing else []
    return "; ".join(said)


def advice(field: Field, pack: Language) -> str:
    """What to do about a cell that holds something else."""
    return finding(RULE_OF[field.type], Cell(), field.field, "", pack).advice
