"""The engine's own rules, by stable id: what is allowed and what to do. A form's checks bring their own texts.

A language pack may word them for clerks (``Language.messages``); these are the English ones.
"""

from __future__ import annotations

from typing import Final

from catalogue.check import Severity
from catalogue.delivery import Cell, Finding
from catalogue.language import Language

# id: (severity, what is allowed, what to do)
RULES: Final[dict[str, tuple[Severity, str, str]]] = {
    "file.unreadable": ("reject_delivery", "an xlsx, xls, xlsb, ods or csv file", "send the original file again"),
    "file.empty": ("reject_delivery", "a file with at least one row", "fill in the form and send it again"),
    "file.form": ("reject_delivery", "the code of a known form", "use the form's own template, keep its code"),
    "file.unit": ("reject_delivery", "one unit that exists in the period", "write the unit's code in the header block"),
    "file.foreign_unit": (
        "reject_delivery",
        "the unit of the folder or one below it",
        "send it through your own folder",
    ),
    "file.period": ("reject_delivery", "a period of the form's frequency", "write the period as 2024-Q1 or Quý I/2024"),
    "file.respondent": ("reject_delivery", "a unit that owes this form", "check whether the form is meant for you"),
    "file.error": ("reject_delivery", "a delivery the pipeline can process", "tell the steward the trace id"),
    "file.twice": (
        "warn",
        "one file for a unit and period at a time",
        "the last changed of those that are accepted counts; send it again if that is not the one meant",
    ),
    "zip.damaged": ("reject_delivery", "a zip that opens, all of it", "pack the files again, as a plain zip"),
    "zip.empty": ("reject_delivery", "a zip with at least one file", "pack the files again"),
    "zip.encrypted": ("reject_delivery", "a zip without a password", "pack the files without a password"),
    "zip.name": ("reject_delivery", "each file once, by a name that stays within the zip", "pack the files again"),
    "zip.nested": ("reject_delivery", "files, no zip within the zip", "pack the files themselves, in one zip"),
    "zip.too_much": ("reject_delivery", "as many and as large files as the inbox takes", "send it in several zips"),
    "file.submission": (
        "reject_delivery",
        "a submission number greater than that of the report that counts now",
        "count the submissions on; if nothing is to change, do not send it again",
    ),
    "signature.missing": (
        "reject_delivery",
        "a detached signature beside the file: its name with .p7s behind it",
        "sign the file with your unit's certificate and send the signature; the file need not be sent again",
    ),
    "signature.malformed": (
        "reject_delivery",
        "a detached CMS signature (DER or PEM) with signed attributes, by SHA-256 or stronger, of at most 256 kB",
        "sign the file again, as the guide on signatures shows",
    ),
    "signature.other_bytes": (
        "reject_delivery",
        "a signature over exactly the bytes of this file",
        "sign the file as you send it, after its last change, in binary mode; send both again",
    ),
    "signature.untrusted": (
        "reject_delivery",
        "a signer whom the trust list names for this unit",
        "sign with your own unit's certificate; if it is new, have the steward add it to the trust list",
    ),
    "signature.expired": (
        "reject_delivery",
        "a certificate that is valid when the file arrives and when it is said to have been signed",
        "renew the certificate, sign the file again",
    ),
    "signature.not_yet_valid": (
        "reject_delivery",
        "a certificate that is valid when the file arrives and when it is said to have been signed",
        "sign once the certificate is valid, and set the clock of the machine that signs",
    ),
    "signature.revoked": (
        "reject_delivery",
        "a certificate that its authority has not revoked",
        "sign with a certificate that is in force; if you did not revoke it, ask the authority at once",
    ),
    "signature.revocation_unknown": (
        "reject_delivery",
        "a revocation list of the signer's authority that is not out of date",
        "nothing: the office that takes files fetches the authority's new list and judges the file anew",
    ),
    "file.closed": (
        "reject_delivery",
        "a report that arrives before its period is closed for entry",
        "write to the office that takes it why it comes so late: it may let it in",
    ),
    "pull.incomplete": ("reject_delivery", "as many records as the portal says there are", "pull the period again"),
    "pull.noted": ("warn", "answers that need no reading between the lines", "tell those who run the portal"),
    "pull.drift": (
        "warn",
        "figures as they were pulled before, or changed by no more than the source declares",
        "ask those who run the portal why; the view drift has every unit, <fact>_frozen what was known when it was due",
    ),
    "table.not_found": ("reject_delivery", "a table with the form's columns", "use the form's template"),
    "table.column_missing": ("reject_delivery", "each required column once", "put the column back as in the template"),
    "table.column_doubled": ("reject_delivery", "each column once", "remove the second column"),
    "table.column_unknown": ("warn", "columns of the form", "remove it, or ask for it to be added to the form"),
    "table.sheet_unread": (
        "warn",
        "one sheet with the table, or one per unit with its unit in the head; the first of them was read",
        "send what the other holds as a file of its own, if it counts",
    ),
    "table.sheet_empty": (
        "warn",
        "rows of the sheet's unit, or that there is nothing",
        "fill in the sheet, or remove it",
    ),
    "table.hidden_sheet": ("warn", "a sheet that is not hidden", "unhide the sheet and send it again, if it counts"),
    "table.hidden_rows": ("warn", "rows that are not hidden; they were read like the others", "unhide and check them"),
    "table.hidden_column": ("warn", "a column that is not hidden; it was read", "unhide it and check its figures"),
    "table.no_rows": ("reject_delivery", "at least one row", "fill in the table, or write that there is nothing"),
    "table.blank": ("reject_delivery", "at least one figure", "fill in the figures; write 0 where it is zero"),
    "cell.missing": (
        "reject_row",
        "a value; blank and '...' are not zero",
        "fill in the cell; write 0 where it is zero",
    ),
    "cell.not_whole": ("reject_row", "a whole number", "write a whole number without decimals"),
    "cell.not_number": ("reject_row", "a number", "write digits only"),
    "cell.out_of_range": ("reject_row", "a number in the allowed range", "check the figure"),
    "cell.not_date": ("reject_row", "a date that exists", "write day, month and year"),
    "cell.not_flag": ("reject_row", "yes or no", "write the mark of the form's legend"),
    "cell.not_period": ("reject_row", "a period", "write the year or the period as in the legend"),
    "cell.unknown_code": ("reject_row", "a code of the list that is valid in the period", "choose from the list"),
    "cell.unknown_entity": ("reject_row", "a code or name in the register in the period", "write its code"),
    "cell.ambiguous": ("reject_row", "a name that only one entity bears", "write the code instead of the name"),
    "cell.close_name": (
        "warn",
        "a name as the register writes it",
        "it was taken for the one in brackets; where that is wrong, write the code",
    ),
    "cell.number_marks": ("warn", "marks that can be read in one way", "write the number without marks if it is wrong"),
    "cell.look_alike": ("warn", "digits and letters of one script, no look-alikes", "type the cell again"),
    "cell.approximate": ("warn", "an exact number; the sign is not kept", "write the exact number where it is known"),
    "cell.mixed_scale": (
        "reject_row",
        "one scale in a column: all as 0.9 or all as 90",
        "write % behind each figure of the column",
    ),
    "cell.whole_differs": ("reject_row", "the same whole in both cells", "mend the fraction, or the cell of the whole"),
    "period.label": ("warn", "a label that names the days beside it; the days count", "mend the label or the days"),
    "period.look_alike": ("warn", "digits and numerals, no letters typed for them", "type the period again"),
    "cell.formula_error": ("reject_row", "a value, not an error of the spreadsheet", "mend the formula"),
    "cell.too_long": ("reject_row", "a shorter text", "shorten the text"),
    "cell.personal": (
        "warn",
        "no personal data in free text; what was found is not repeated here",
        "take it out of the cell and send the file again; if it is none, leave it",
    ),
    "row.duplicate": ("reject_row", "one row per key", "remove the row that is wrong"),
    "check.error": ("reject_delivery", "a check that can be carried out", "tell the steward the trace id"),
    "correction.applied": ("warn", "the value that the register of corrections names", "mend the source"),
    "override.applied": ("warn", "the reason that was given", "nothing; it is shown beside the figure"),
    "correction.stale": ("warn", "a correction whose wrong value is still there", "retire the correction"),
}


def finding(rule: str, cell: Cell, field: str, found: str, language: Language, allowed: str = "") -> Finding:
    """A finding by one of the engine's rules, worded in a language; ``allowed`` where it can be said more exactly."""
    severity, usual, advice = RULES[rule]
    worded = language.messages.get(rule)
    if worded:
        usual, _, advice = (part.strip() for part in worded.partition("|"))
    return Finding(rule, severity, cell, field, found, allowed or usual, advice)
