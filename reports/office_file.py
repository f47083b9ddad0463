"""Documents of office programmes that are the same bytes every time: without the clock of who wrote them."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Final

_CORE: Final = "docProps/core.xml"
_STAMP: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms)")
# The first moment that a zip can tell.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def restamped(data: bytes, at: datetime) -> bytes:
    """A docx or xlsx whose parts bear no time, and which says that it was made at a moment (UTC): the release's."""
    said = at.isoformat(timespec="seconds").encode() + b"Z"
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as write:
        for name in read.namelist():
            part = read.read(name)
            if name == _CORE:
                part = _STAMP.sub(rb"\g<1>" + said + rb"\g<2>", part)
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            write.writestr(member, part)
    return out.getvalue()
