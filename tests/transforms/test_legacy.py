"""Texts in encodings of before Unicode: domain.md 6.3, items 17 to 19. What was typed, what it means."""

from __future__ import annotations

import csv
import shutil
import string
import subprocess
import unicodedata
from pathlib import Path

import pytest

from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.text import clean, decoded, fold, read_text

VIETNAM = Path(__file__).parents[2] / "programmes" / "vietnam"
MARKS = "\u0300\u0301\u0309\u0303\u0323"
CAPITALS = {*string.ascii_uppercase, *"ĂÂÊÔƠƯĐ"}  # those that TCVN3 has in every font


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(VIETNAM).language


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # TCVN3, as the table of item 17 has it: "ư" is the soft hyphen
        ("Së Th«ng tin vµ TruyÒn th«ng", "Sở Thông tin và Truyền thông"),
        ("HuyÖn Lôc Ng¹n", "Huyện Lục Ngạn"),
        ("Ph\u00adêng Thä X\u00ad¬ng", "Phường Thọ Xương"),
        ("§¬n vÞ", "Đơn vị"),
        ("Sè l\u00adîng", "Số lượng"),
        ("TØnh B¾c Giang", "Tỉnh Bắc Giang"),
        ("Q§-UBND ngµy 5", "QĐ-UBND ngày 5"),
        ("Tæng sè:", "Tổng số:"),
        # VNI, item 18
        ("Ñôn vò", "Đơn vị"),
        ("Huyeän", "Huyện"),
        ("Soá löôïng", "Số lượng"),
        ("Sôû", "Sở"),
        ("UÛY BAN NHAÂN DAÂN", "ỦY BAN NHÂN DÂN"),
        ("Uûy ban nhaân daân", "Ủy ban nhân dân"),
        ("SÔÛ THOÂNG TIN VAØ TRUYEÀN THOÂNG", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG"),
        ("Xaõ", "Xã"),
        ("Tæng sè".encode("latin-1").decode("cp1258"), "Tổng số"),  # the bytes taken for a code page
    ],
)
def test_old_letters_become_letters(typed: str, meant: str, vietnamese: Language) -> None:
    assert decoded(typed, vietnamese) == meant
    assert read_text(typed, vietnamese) == clean(meant)
    assert fold(typed, vietnamese) == fold(meant, vietnamese)


@pytest.mark.parametrize(
    "text",
    [
        # Vietnamese already, also where every letter is one of Latin-1
        "Sở Thông tin và Truyền thông", "Hà", "Hoàng", "Sè", "Quý", "giá", "gió", "Ðông Hòa", "Ð/c Tú", "thuở", "khuỷu",
        "Xã Tân Phú", "Xã Ia Púch", "Xã Cư Êwi",
        unicodedata.normalize("NFD", "Huyện Lục Ngạn"), "Hòa", "Hoà", "quả của",
        # other languages, and signs that are no letters
        "Café", "Noël", "Citroën", "Müller", "São Paulo", "12¹", "50 m²", "20°C", "«abc»", "§ 5", "± 3", "Microsoft®",
        "", "plain", "12", "Москва", "日本",
    ],
)  # fmt: skip
def test_what_is_no_old_text_stays_as_it_is(text: str, vietnamese: Language) -> None:
    assert decoded(text, vietnamese) == text


@pytest.mark.parametrize(
    ("typed", "font", "meant"),
    [
        ("Sè", "", "Sè"),  # good Vietnamese, or "Số": only the font can tell
        ("Sè", ".VnTime", "Số"),
        ("Sè", ".VnArial", "Số"),
        ("Së Th«ng tin", ".VnTimeH", "SỞ THÔNG TIN"),  # fonts of capitals bear the codes of small letters
        ("Hoà", "VNI-Times", "Hồ"),
        ("Hoà", "Times New Roman", "Hoà"),
        ("Sở Nội vụ", ".VnTime", "Sở Nội vụ"),  # Unicode under an old font: header and body are often mixed
    ],
)
def test_the_font_tells_where_the_letters_do_not(typed: str, font: str, meant: str, vietnamese: Language) -> None:
    assert decoded(typed, vietnamese, font) == meant


def test_a_language_without_old_encodings_has_nothing_to_decode(vietnamese: Language) -> None:
    bare = vietnamese.model_copy(update={"encodings": ()})
    assert decoded("§¬n vÞ", bare) == "§¬n vÞ"


def every_letter() -> list[str]:
    """The letters of Vietnamese that are not ASCII, small."""
    toned = [unicodedata.normalize("NFC", vowel + mark) for vowel in "aăâeêioôơuưy" for mark in MARKS]
    return [*toned, *"ăâêôơưđ"]


@pytest.mark.parametrize("encoding", ["TCVN3", "VNI"])
def test_every_letter_has_its_place_once(encoding: str, vietnamese: Language) -> None:
    table = next(one for one in vietnamese.encodings if one.encoding == encoding).letters
    small = [letter for letter in table.values() if letter.islower()]
    assert sorted(small) == sorted(every_letter())


@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not installed")
def test_the_table_of_tcvn3_is_that_of_iconv(vietnamese: Language) -> None:
    table = next(one for one in vietnamese.encodings if one.encoding == "TCVN3").letters
    done = subprocess.run(
        ["iconv", "-f", "TCVN", "-t", "UTF-8"], input=" ".join(table).encode("latin-1"), capture_output=True, check=True
    )
    assert unicodedata.normalize("NFC", done.stdout.decode()).split(" ") == list(table.values())


def names() -> list[str]:
    """Names of communes, as the register has them."""
    with (VIETNAM / "registers" / "localities.csv").open(encoding="utf-8", newline="") as file:
        return sorted({row["name"] for row in csv.DictReader(file)})


def typed_in(name: str, table: dict[str, str], *, pairs: bool) -> str:
    """The name as somebody types it in an old encoding."""
    back = {letter: old for old, letter in table.items()}
    if pairs:
        back |= {letter.upper(): old[0].upper() + old[1:] for letter, old in back.items()}
    return "".join(back.get(char, char) for char in name)


@pytest.mark.parametrize("encoding", ["TCVN3", "VNI"])
def test_names_of_places_come_back(encoding: str, vietnamese: Language) -> None:
    old = next(one for one in vietnamese.encodings if one.encoding == encoding)
    wrong, untold = [], []
    for name in names():
        meant = unicodedata.normalize("NFC", name)
        if encoding == "TCVN3" and set(filter(str.isupper, meant)) - CAPITALS:
            continue
        typed = typed_in(meant, old.letters, pairs=old.cased)
        found = [decoded(meant, vietnamese), decoded(typed, vietnamese, f"{old.fonts[0]}Times")]
        wrong += [(typed, meant, one) for one in found if one != meant]
        # Without the font some stay as typed, where a syllable is none of Vietnamese; none becomes a third thing.
        alone = decoded(typed, vietnamese)
        untold += [typed] if alone == typed != meant else []
        wrong += [(typed, meant, alone)] if alone not in (meant, typed) else []
    assert wrong == []
    assert len(untold) < 0.02 * len(names())
