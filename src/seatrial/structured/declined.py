"""Whether the words in an answer decline to give it: in English by their grammar, in other languages by set phrases.

Decided here: outside of English only a phrase that denies being able or willing counts, an apology alone does not,
since an answer may follow it. A wrong reading costs little: without a value the answer is refused either way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seatrial.structured.refusal import classify

_READ = 600
_MOST_MEMBERS = 4

_SHORT = re.compile(
    r"\A\W*(?:(?:i(?:'| a)m )?sorry\W*|(?:i )?(?:must|have to) (?:respectfully )?(?:decline|refuse)\b.*"
    r"|(?:(?:your|this|the) )?(?:request|content|prompt|message|this) (?:was |is |has been )?"
    r"(?:denied|refused|blocked|rejected|declined|filtered|not allowed)\b.*"
    r"|(?:access|permission) denied\b.*|no comment\W*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_PHRASES = (
    # Romance
    r"\bno (?:puedo|podemos|podré|me es posible|soy capaz|estoy (?:en condiciones|autorizad))",
    r"\bje (?:ne (?:peux|suis|saurais|pourrai)|n['’]ai pas (?:le droit|accès))\b|\bil m['’]est impossible",
    r"\bnon (?:posso|possiamo|sono in grado|mi è possibile|sono autorizzat)",
    r"\bnão (?:posso|podemos|consigo|me é possível|sou capaz|estou (?:autorizad|em condições))",
    r"\bnu (?:pot|putem|sunt în măsură)\b|\bno puc\b",
    # Germanic
    r"\b(?:ich|wir) (?:kann|können|darf|dürfen|möchte|werde)\b[^.!?\n]{0,80}\b(?:nicht|keine[nrms]?)\b",
    r"\b(?:kann|können|darf|dürfen) (?:ich|wir)\b[^.!?\n]{0,80}\b(?:nicht|keine[nrms]?)\b|\bnicht in der lage\b",
    r"\b(?:ik kan|kan ik|ik mag)\b[^.!?\n]{0,80}\b(?:niet|geen)\b",
    r"\b(?:jag kan|kan jag|jeg kan|kan jeg)\b[^.!?\n]{0,60}\b(?:inte|ikke|ingen)\b",
    # Slavic, Baltic, Finnic, Greek, Turkish
    r"\b(?:nie mogę|nie możemy|nie jestem w stanie|nemohu|nemůžu|nemôžem|ne mogu|ne morem)\b",
    r"\b(?:не могу|не можем|не можу|не мога)\b",
    r"\b(?:en voi|en pysty|emme voi|ei saa|ma ei saa|nem (?:tudok|tudom|segíthetek|áll módomban)|negaliu)\b",
    r"δεν (?:μπορώ|μπορούμε|είμαι σε θέση)|\b(?:yardımcı olamam|olamıyorum|yapamam|yapamıyorum|veremem|sağlayamam)",
    # Asia, Near East
    r"(?:无法|無法|不能|不便|拒绝|拒絕)(?:帮助|幫助|提供|协助|協助|回答|完成|满足|滿足|处理|處理|生成|讨论|討論|执行|執行|给|給|为|為)?",
    r"でき(?:ません|かねます)|お(?:手伝い|答え|応え)(?:する)?(?:こと)?(?:は)?(?:でき|いたしかね)|応じ(?:られ|かね)|いたしかねます",
    r"(?:할|드릴|도울|도와드릴|제공할|답변할|알려드릴|처리할) 수 ?(?:가 )?없|거절",
    r"(?:لا (?:أستطيع|يمكنني|يمكننا|نستطيع)|غير قادر)|(?:אני לא יכול|איני יכול|לא אוכל)|نمی(?:‌)?توان",
    r"नहीं (?:कर|दे|बता) (?:सकता|सकती|सकते)",
    r"\b(?:tôi không thể|saya tidak (?:dapat|bisa)|hindi (?:ko|ako) (?:kaya|maaari|makaka))",
    r"ไม่สามารถ",
)
_ABROAD = re.compile("|".join(_PHRASES), re.IGNORECASE)


_UNABLE = re.compile(
    r"\b(?:i|we)(?:['’]m| am| are| was| were)? (?:\w+ )?"
    r"(?:can ?not|can['’]?t|could ?n[o'’]t|unable to|not able to|won['’]t|will not)\b",
    re.IGNORECASE,
)


def declines(text: str) -> bool:
    """Whether a text declines what was asked. Only its beginning is searched for phrases of other languages."""
    if not text.strip():
        return False
    return bool(_ABROAD.search(text[:_READ]) or _SHORT.match(text[:_READ])) or classify(text).refuses


def declines_alone(text: str, options: Sequence[str] = ()) -> bool:
    """The same of a whole answer without any value, where to be unable is to decline. Of a text that names one of the
    values it was to be, only what the speaker says of itself counts: `it is not positive` judges, and does not decline.
    """
    if _UNABLE.search(text[:_READ]):
        return True
    return not any(option.casefold() in text.casefold() for option in options) and declines(text)


def declines_inside(value: Any) -> bool:
    """Whether data that is no answer is a refusal in its shape: a text, or a small object that holds one."""
    if isinstance(value, str):
        return declines(value)
    if not isinstance(value, dict) or len(value) > _MOST_MEMBERS:
        return False
    said = [each for each in value.values() if isinstance(each, str)]
    return bool(said) and (bool(value.get("refusal")) or any(len(each.split()) > 2 and declines(each) for each in said))
