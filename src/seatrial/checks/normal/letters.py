"""One character at a time: what a reader takes it for.

The facts are those of the Unicode Character Database as Python carries it (`unicodedata`): compatibility
decompositions (UAX #15), character names, decimal values and general categories; what is invisible follows the
property Default_Ignorable_Code_Point (UAX #44, DerivedCoreProperties). Letters of other scripts that look like Latin
ones are pairs of our own, after the idea of UTS #39, "Confusable Detection": its data file maps 6,000 characters to
each other, and only those that pass for a basic Latin letter matter to matching.
"""

from __future__ import annotations

import re
import unicodedata

_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point, and the three interlinear annotation marks."""

_BLANKS = {"\u2800": " ", "\u0085": "\n", "\u2028": "\n", "\u2029": "\n"}

_MARKS = {
    **dict.fromkeys("‘’‚‛′ʹʻʼʽˈ`´ʾʿ՚ꞌ＇", "'"),
    **dict.fromkeys("“”„‟″«»〝〞＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃➖", "-"),
    **dict.fromkeys("∕⁄╱⟋⧸", "/"),
    **dict.fromkeys("∣❘ǀ", "|"),
    **dict.fromkeys("ꓸ․·•∙⋅", "."),
    **dict.fromkeys("：꞉∶", ":"),
    **dict.fromkeys("‹〈⟨", "<"),
    **dict.fromkeys("›〉⟩", ">"),
    **dict.fromkeys("＿ˍ", "_"),
}

_LATIN_NAME = re.compile(
    r"(?:.* )?LATIN (?:(?P<case>SMALL|CAPITAL) )?(?:LETTER )?(?P<small_capital>SMALL CAPITAL )?"
    r"(?:(?:TURNED|REVERSED|SIDEWAYS|SCRIPT|DOTLESS|LONG|OPEN|CLOSED|INSULAR|STRETCHED|TAILLESS|VOLAPUK|BARRED|SMALL"
    r"|BLACKLETTER|BASELINE|FLATTENED|HALF|EPIGRAPHIC|LETTER|CAPITAL) )*(?P<letter>[A-Z])(?: WITH .*)?"
)
_INDICATOR = "REGIONAL INDICATOR SYMBOL LETTER "

LONGEST = 4
"""A character that decomposes into more than this stays what it is: the longest are whole phrases of 18."""

LOOKALIKES = {
    ord(character): latin
    for characters, letters in (
        ("аеорсухіјѕһԁԛԝѵкмтнвгӏҽ", "aeopcyxijshdqwvkmthbrle"),
        ("АВЕКМНОРСТУХЅІЈԌԚԜҮӀЗ", "ABEKMHOPCTYXSIJGQWYI3"),
        ("αορυνικτχγηωεβς", "aopuviktxynwebc"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ", "ABEZHIKMNOPTYXCM"),
        ("օսհոցզքՕՍԼՏ", "ouhngqpOULS"),
        ("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᏔᏃᎩᏧ", "ABCDEGHiJKLMPRSTVWZYd"),
        ("ꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "BPdDTGKJCZFMNLSRVHWXYAEIOU"),
        ("ⲟⲣⲥⲭⲓⲕⲏⲘⲞⲢⲤⲦⲬⲎⲒⲔⲚ", "opcxikhMOPCTXHIKN"),
    )
    for character, latin in zip(characters, letters, strict=True)
}
"""Letters of the Cyrillic, Greek, Armenian, Cherokee, Lisu and Coptic scripts that pass for a basic Latin one."""


class _Plain(dict[str, str]):
    """What each character reads as, worked out when it is first met."""

    def __missing__(self, character: str) -> str:
        plain = self[character] = _plain(character)
        return plain


PLAIN = _Plain()


def _plain(character: str) -> str:
    """What a character reads as: nothing if it is invisible, a mark on a letter or a control."""
    if character.isascii():
        return "" if (character < " " and character not in "\t\n\r\x0b\x0c") or character == "\x7f" else character
    if _IGNORABLE.match(character):
        return ""
    if found := _BLANKS.get(character) or _MARKS.get(character):
        return found
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    if category == "Zs":
        return " "
    if category == "Cc":
        return ""
    return _letter(character)


def _letter(character: str) -> str:
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(value)
    decomposed = unicodedata.normalize("NFKD", character)
    kept = "".join(_latin(each) for each in decomposed if not _is_loose_mark(each))
    composed = unicodedata.normalize("NFC", kept)
    if len(composed) > LONGEST or (decomposed.startswith(" ") and not composed.strip()):
        return character
    # Lower case must keep the length, so that what is found in lower case has its place.
    return composed if len(composed.lower()) == len(composed) else character


def _is_loose_mark(character: str) -> bool:
    """A mark that sits on a letter without making another one: all but those that spell (nukta, kana voicing, virama,
    vowels), which have low classes.
    """
    category = unicodedata.category(character)
    return category == "Me" or (category == "Mn" and (unicodedata.combining(character) in (1, *range(200, 241))))


def _latin(character: str) -> str:
    """The basic Latin letter a letter is a form of, told by its name."""
    if character.isascii():
        return character
    name = unicodedata.name(character, "")
    if name.startswith(_INDICATOR):
        return name[-1].lower()
    match = _LATIN_NAME.fullmatch(name)
    if match is None:
        return character
    capital = match["case"] == "CAPITAL" and not match["small_capital"]
    return match["letter"] if capital else match["letter"].lower()
