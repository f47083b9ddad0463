"""Texts as offices write them, cleaned and folded: the rows of domain.md 6.3, one by one."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.text import clean, fold, fold_name, in_one_script


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Huyện  Lục Ngạn ", "Huyện Lục Ngạn"),
        (unicodedata.normalize("NFD", "Huyện Lục Ngạn"), "Huyện Lục Ngạn"),
        ("Xã\u00a0Tân\u202fPhú\u200b", "Xã Tân Phú"),
        ("\ufeffMã lớp", "Mã lớp"),
        ("a \r\n b\rc", "a\nb\nc"),
        ("bell\x07 and\x00 null", "bell and null"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_cleaning_keeps_what_is_meant(written: str, kept: str) -> None:
    assert clean(written) == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (unicodedata.normalize("NFD", "Huyện Lục Ngạn"), "HUYỆN LỤC NGẠN"),
        ("Hoà Bình", "Hòa Bình"),
        ("Uỷ ban", "Ủy ban"),
        ("Quí I", "Quý I"),
        ("Mĩ Hà", "Mỹ Hà"),
        ("Lí Nhân", "Lý Nhân"),
        ("Tỉ lệ", "Tỷ lệ"),
        ("oá uỷ thuý", "óa ủy thúy"),
        ("Xã Tân Рhú", "Xã Tân Phú"),  # a Cyrillic letter
        ("ВАС NINН", "BAC NINH"),  # all but two of them
        ("Së Th«ng tin", "Sở Thông tin"),  # TCVN3
        ("Ph\u00ad\u00eang Th\u00e4 X\u00ad\u00acng", "PHƯỜNG THỌ XƯƠNG"),
        ("Huyeän Luïc Ngaïn", "Huyện Lục Ngạn"),  # VNI
        ("Đơn vị", "Ðơn vị"),  # U+0110 and U+00D0 look the same
        ("đơn\u00advị", "Đơnvị"),
        ("Xã\u00a0Tân\u202fPhú", "xa tan phu"),
        ("Số  lượng\nhồ sơ", "so luong ho so"),
    ],
)
def test_one_text_written_in_two_ways_folds_alike(one: str, other: str, vietnamese: Language) -> None:
    assert fold(one, vietnamese) == fold(other, vietnamese)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Tân Phú", "Tân Phúc"), ("quit", "quyt"), ("Phường 4", "Phường 14")],
)
def test_different_texts_stay_different(one: str, other: str, vietnamese: Language) -> None:
    assert fold(one, vietnamese) != fold(other, vietnamese)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TP. Bắc Giang", "thanh pho bac giang"),
        ("TP.HCM", "thanh pho ho chi minh"),
        ("UBND xã Tân Phú", "uy ban nhan dan xa tan phu"),
        ("UBND H. Lục Ngạn", "uy ban nhan dan huyen luc ngan"),
        ("Sở TT&TT", "so thong tin va truyen thong"),
        ("Thị-xã  Phú Thọ", "thi xa phu tho"),
        ("Huyen Luc Ngan", "huyen luc ngan"),
        ("UBND xa Tan Phu", "uy ban nhan dan xa tan phu"),
        ("T.P Bắc Giang", "thanh pho bac giang"),
        ("TX Việt Yên", "thi xa viet yen"),
        ("X. Tân Sơn", "xa tan son"),
        ("TT. Chũ", "thi tran chu"),
        ("Sở TTTT", "so thong tin va truyen thong"),
        ("Sở KH&CN", "so khoa hoc va cong nghe"),
        ("Phường 4", "phuong 4"),
        ("Phường 04", "phuong 4"),
        ("P4", "phuong 4"),
        ("P.4", "phuong 4"),
        ("Phường IV", "phuong 4"),
        ("P.IV, TP. Bắc Giang", "phuong 4 thanh pho bac giang"),
        ("Phường 14", "phuong 14"),
        ("Xã Vi Hương", "xa vi huong"),  # no numeral: a word follows
        ("Së TT&TT", "so thong tin va truyen thong"),
    ],
)
def test_names_have_their_abbreviations_written_out(written: str, name: str, vietnamese: Language) -> None:
    assert fold_name(written, vietnamese) == name


def test_what_one_language_folds_another_does_not(vietnamese: Language) -> None:
    bare = vietnamese.model_copy(update={"language": "en", "letters": {}, "replacements": {}})
    assert fold("Đ quí", vietnamese) == "d quy"
    assert fold("Đ quí", bare) == "đ qui"


@pytest.mark.parametrize(
    ("written", "every_word", "meant"),
    [
        ("Xã Tân Рhú", False, "Xã Tân Phú"),
        ("Москва и Hà Nội", False, "Москва и Hà Nội"),
        ("СВССVС", True, "CBCCVC"),
        ("Hà Nội", True, "Hà Nội"),
    ],
)
def test_letters_of_another_script_that_look_alike(
    written: str, every_word: bool, meant: str, vietnamese: Language
) -> None:
    assert in_one_script(written, vietnamese, every_word=every_word) == meant
