"""Signs of an attack that are no words: forged roles, delimiters, faked dialogue, floods, labels for second answers."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import islice
from typing import Any

import re2

from seatrial.checks.normal.views import normalise

_CONTROL = (
    r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text"
    r"|end_of_turn|start_of_turn|fim_prefix)\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|\[/?SYSTEM(?:_PROMPT)?\]"
)
_ROLE = (
    r"(?im)^[ \t>*\-#\[(]*(?:system|assistant|developer|ai)(?: (?:message|prompt|note|override|update|instructions?))?"
    r"[ \t\])*]*:|</?(?:system|system_prompt|instructions?|assistant|developer)>|^#{2,4} ?(?:system|instructions?)\b"
    r"|\b(?:begin|end|start) (?:of )?(?:the )?(?:system|prompt|instructions|context|user input|untrusted|document)\b"
    r"|\b(?:system|admin|developer|security|training data|root) (?:override|overide|notice|confirmation|announcement)\b"
)
_PLANTED = (
    r"(?is)<!--.{0,300}?\b(?:ignore|disregard|override|instruct|instructions|assistant|ai|llm|forget)\b"
    r"|(?:#|//|/\*|\balt=|\btitle=|<caption|\bcontent=).{0,60}\b(?:ignore|disregard|override)\b.{0,40}"
    r"\b(?:instructions?|above|previous|prior|rules?|function|output|user|prompt|question|document|page|article|everything)\b"
    r"|<caption[^>]{0,60}\b(?:override|instruction)"
)
_COMMENT = r"(?is)<!--.{0,300}?\b(?:state|say|print|hypothetical|must|should|tell|respond|answer)\b"
_SENDS = (
    r"(?i)\b(?:send|forward|e-?mail|post|upload|transmit|env[ií]a\w*|envi[ea]\w*|envoy\w*|sende\w*|schick\w*|invia\w*)\b"
    r".{0,60}?(?:[\w.+-]{1,64}@[\w-]{1,64}\.\w|https?://)"
)
_LABEL = (
    r"(?m)[\[({][^\[\](){}\n]{1,30}[\])}][ \t]*:|^[^\w\s\"'\[(<{*#>`~|=+\\/-]{1,3}[ \t]*:|\\\[|[😈👿🔓🔒🤖][^\n]{0,20}:"
)
_PLACEHOLDER = (
    r"(?i)[\[{<(](?:insert |your |my |user |enter |the |here )*(?:prompt|question|request|input|query|topic|text)"
    r"(?: here| goes here|s)?[\]}>)]"
)
_INVENTED = r"\b(?:[A-Z][A-Za-z]+|[A-Z]+-?)(?:GPT|AI|Bot|BOT)\b|\b[A-Z]{2,}(?:[- ]?\d+(?:\.\d+)?)?,? which stands for\b"
_KNOWN = frozenset({"OpenAI", "ChatGPT", "AutoGPT", "GenAI", "XAI"})
"""Names that look invented and are not."""

_SHOUTED = r"\b(?:NEVER|ALWAYS|MUST|ANYTHING|EVERYTHING|ONLY|EVERY|CANNOT|WILL|ANY|DO NOT|NO|NOT)\b"

_PATTERNS = {
    "control-token": _CONTROL,
    "role-forging": _ROLE,
    "planted-order": _PLANTED,
    "order-in-comment": _COMMENT,
    "sends-to-address": _SENDS,
    "answer-label": _LABEL,
    "placeholder": _PLACEHOLDER,
    "invented-model": _INVENTED,
    "shouted-order": _SHOUTED,
}
_TURN = r"(?im)(?:^|\s)(?:q|a|user|human|assistant|ai|bot|chatgpt|question|answer)[ \t]*:[ \t]"
_SPACELESS = {
    # Chinese, Japanese, Korean, Hindi, Arabic, Persian, Hebrew and Thai, whose words are not cut by spaces or bend too
    # much for a list; without the marks that the plain reading takes away.
    "instruction-override": (
        "(?:忽略|忽視|忽视|无视|無視|忘记|忘記|忘掉|不要理会|放弃).{0,12}(?:指令|指示|说明|說明|规则|規則|提示|要求|命令|内容|设定)"
        "|(?:指示|命令|ルール|指令|設定|規則|プロンプト).{0,10}(?:無視|忘れ|破棄|従わな)|無視して"
        "|(?:지시|명령|규칙|지침|프롬프트).{0,8}(?:무시|잊)|(?:무시|잊).{0,8}(?:지시|명령|규칙|지침)"
        "|(?:निर्देश|नियम|आदेश).{0,14}(?:अनदेखी|अनदेखा|उपेक्षा|भूल|नजरअंदाज|नज़रअंदाज)"
        "|(?:تجاهل|انس|تخط|لا تتبع).{0,16}(?:تعليمات|اوامر|قواعد|سابق|توجيهات)"
        "|(?:התעלם|התעלמי|התעלמו|שכח|שכחי).{0,16}(?:הוראות|ההוראות|כללים|הכללים|הנחיות|ההנחיות)"
        "|(?:دستور|قوانین|قواعد).{0,24}(?:نادیده|فراموش)|(?:نادیده|فراموش).{0,16}(?:دستور|قوانین|قواعد)"
        "|(?:ละเว้น|เพิกเฉย|ลืม|ไม่ต้องสนใจ).{0,12}(?:คำสั่ง|คำแนะนำ|กฎ)"
    ),
    "secret-probe": (
        "(?:密码|密碼|口令|密钥).{0,12}(?:什么|告诉|是多少|给我|何)|(?:告诉|给我|说出|透露).{0,10}(?:密码|密碼|口令|密钥)"
        "|(?:パスワード|秘密鍵|暗証番号).{0,24}(?:教え|何|提供|出力|必要)|(?:비밀번호|암호).{0,10}(?:알려|무엇|뭐|말해|뭔)"
        "|(?:पासवर्ड).{0,14}(?:क्या|बता|दे|साझा)|كلمة (?:المرور|السر)"
    ),
    "system-prompt-probe": (
        "(?:显示|告诉|输出|重复|透露|公开).{0,10}(?:系统|初始).{0,4}(?:提示|指令)|(?:システム|最初の).{0,6}(?:プロンプト|指示).{0,12}"
        "(?:教え|表示|出力|見せ)|(?:시스템).{0,4}(?:프롬프트|지시).{0,10}(?:알려|보여|출력)"
    ),
    "person-probe": (
        "(?:उपयोगकर्ता|用户|ユーザー|사용자|المستخدم).{0,14}(?:रहता|住|生日|誕生|地址|住所|살|يعيش|يسكن|पता)"
    ),
}
_FLOOD_WORDS = 48
MOST = 50
"""Places of one sign that are told at most."""


def _compiled() -> tuple[Any, list[tuple[str, Any]]]:
    together = re2.Set.SearchSet()
    rows = [*_PATTERNS.items(), ("forged-dialogue", _TURN)]
    for _, pattern in rows:
        together.Add(pattern)
    together.Compile()
    return together, [(name, re2.compile(pattern)) for name, pattern in rows]


_TOGETHER, _ROWS = _compiled()
_LEAST = {"forged-dialogue": 4, "shouted-order": 3}
"""Signs that need so many places before they are one."""


def find_marks(text: str) -> dict[str, list[tuple[int, int]]]:
    """The places of each sign in a text without lone surrogates."""
    found: dict[str, list[tuple[int, int]]] = {}
    for index in _TOGETHER.Match(text) or ():
        name, pattern = _ROWS[index]
        places = []
        for match in pattern.finditer(text):
            if match[0] in _KNOWN:
                continue
            places.append(match.span())
            if len(places) == MOST:
                break
        if len(places) >= _LEAST.get(name, 1):
            found[name] = places
    if not text.isascii():
        for name, pattern in _spaceless():
            places = [match.span() for match in islice(pattern.finditer(text), MOST)]
            if places:
                found[name] = places
    questions = text.count("?")
    if questions >= 6:
        found["question-flood"] = [(text.index("?"), text.rindex("?") + 1)]
    flood = _flood(text)
    if flood is not None:
        found["repetition-flood"] = [flood]
    return found


@cache
def _spaceless() -> list[tuple[str, Any]]:
    return [(name, re2.compile(normalise(pattern).text)) for name, pattern in _SPACELESS.items()]


def _flood(text: str) -> tuple[int, int] | None:
    """A text of which one word makes up a good part."""
    words = text.split()
    if len(words) < _FLOOD_WORDS:
        return None
    word, times = Counter(words).most_common(1)[0]
    if 3 * times < len(words) or len(word) < 2:
        return None
    return text.index(word), text.rindex(word) + len(word)
