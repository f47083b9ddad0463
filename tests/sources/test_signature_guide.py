"""The commands of the guide on signatures, run as they are written, by OpenSSL; and what chiso finds of the result."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.signer import Signer
from sources.signature import digests_of, verify
from sources.trust import open_trust

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "signatures.md"
PREPARED = """
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout a.key -out authority.pem -days 30 \
  -subj "/CN=Authority"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout m.key -out m.csr -subj "/CN=Middle authority"
printf 'basicConstraints=critical,CA:true\\nkeyUsage=critical,keyCertSign,cRLSign\\n' > ca.ext
openssl x509 -req -in m.csr -CA authority.pem -CAkey a.key -CAcreateserial -out middle.pem -days 30 -extfile ca.ext
printf 'basicConstraints=CA:false\\nkeyUsage=digitalSignature\\nextendedKeyUsage=emailProtection\\n' > me.ext
openssl req -newkey rsa:2048 -nodes -keyout agency.key -out g.csr -utf8 -subj "/O=Sở Y tế/CN=Văn phòng"
openssl x509 -req -in g.csr -CA $ISSUER.pem -CAkey $ISSUER_KEY -CAcreateserial -out agency.pem -days 30 -extfile me.ext
printf 'PK\\n a workbook\\n' > bm07.xlsx
"""


def run(commands: str, folder: Path, **names: str) -> None:
    subprocess.run(["sh", "-ec", commands], cwd=folder, env={"PATH": "/usr/bin:/bin:/usr/local/bin", **names},
                   check=True, capture_output=True)  # fmt: skip


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl; install it, as .ci/run does")
@pytest.mark.parametrize(("sign", "issuer", "key"), [(0, "authority", "a.key"), (1, "middle", "m.key")])
def test_a_file_that_is_signed_as_the_guide_says_holds(tmp_path: Path, sign: int, issuer: str, key: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    signing, looking = blocks[sign], blocks[2].splitlines()[0]
    assert looking.startswith("openssl cms -verify")
    run(PREPARED, tmp_path, ISSUER=issuer, ISSUER_KEY=key)
    run(signing, tmp_path)
    run(looking, tmp_path)
    entry = {"signer": "health", "units": ("A",), "certificates": ("authority.pem",), "subject": {"O": "sở y tế"}}
    anchors = open_trust(tmp_path, [Signer.model_validate(entry)]).anchors
    data, signature = (tmp_path / "bm07.xlsx").read_bytes(), (tmp_path / "bm07.xlsx.p7s").read_bytes()
    now = datetime.now(UTC).replace(tzinfo=None)
    found = verify(digests_of(data), signature, anchors, now)
    assert (found.rule, found.found, found.entry) == ("", "", "health")
    run(signing.replace(" -binary", ""), tmp_path)
    signature = (tmp_path / "bm07.xlsx.p7s").read_bytes()
    assert verify(digests_of(data), signature, anchors, now).rule == "signature.other_bytes"
    run(signing.replace(" -outform", " -keyopt rsa_padding_mode:pss -keyid -outform"), tmp_path)
    assert verify(digests_of(data), (tmp_path / "bm07.xlsx.p7s").read_bytes(), anchors, now).rule == ""
