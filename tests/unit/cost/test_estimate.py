"""How many tokens a request may be: never fewer than vocabularies make of it, never more than it has bytes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.parts import File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.cost.estimate import (
    PER_IMAGE,
    PER_MESSAGE,
    PER_REMOTE_FILE,
    PER_REQUEST,
    WITH_TOOLS,
    estimate_text,
    estimate_tokens,
)

MEASURED = [
    (
        "English",
        34,
        "All human beings are born free and equal in dignity and rights. They are endowed with "
        "reason and conscience and should act towards one another in a spirit of brotherhood.",
    ),
    (
        "German",
        50,
        "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft "
        "und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen.",
    ),
    (
        "French",
        54,
        "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués "
        "de raison et de conscience et doivent agir les uns envers les autres dans un esprit de "
        "fraternité.",
    ),
    (
        "Spanish",
        51,
        "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como "
        "están de razón y conciencia, deben comportarse fraternalmente los unos con los otros.",
    ),
    (
        "Finnish",
        74,
        "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on "
        "annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä.",
    ),
    (
        "Turkish",
        74,
        "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana "
        "sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler.",
    ),
    (
        "Vietnamese",
        131,
        "Tất cả mọi người sinh ra đều được tự do và "
        "bình đẳng về nhân phẩm và quyền lợi. Mọi con "
        "người đều được tạo hoá ban cho lý trí và "
        "lương tâm và cần phải đối xử với nhau trong "
        "tình anh em.",
    ),
    (
        "Polish",
        79,
        "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni "
        "obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa.",
    ),
    (
        "Russian",
        89,
        "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены "
        "разумом и совестью и должны поступать в отношении друг друга в духе братства.",
    ),
    (
        "Ukrainian",
        101,
        "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені "
        "розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства.",
    ),
    (
        "Greek",
        210,
        "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι "
        "προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με "
        "πνεύμα αδελφοσύνης.",
    ),
    (
        "Hebrew",
        129,
        "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך "
        "חובה עליהם לנהוג איש ברעהו ברוח של אחווה.",
    ),
    (
        "Arabic",
        105,
        "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق، وقد وهبوا عقلا وضميرا وعليهم أن يعامل "
        "بعضهم بعضا بروح الإخاء.",
    ),
    (
        "Persian",
        149,
        "تمام افراد بشر آزاد به دنیا می‌آیند و از "
        "لحاظ حیثیت و حقوق با هم برابرند. همه دارای عقل و وجدان هستند و باید نسبت به یکدیگر با روح "
        "برادری رفتار کنند.",
    ),
    (
        "Armenian",
        150,
        "Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։",
    ),
    (
        "Georgian",
        144,
        "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით.",
    ),
    (
        "Hindi",
        143,
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है।",
    ),
    (
        "Bengali",
        120,
        "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
    ),
    (
        "Tamil",
        193,
        "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; அவர்கள் மதிப்பிலும், உரிமைகளிலும் சமமானவர்கள்.",
    ),
    (
        "Thai",
        117,
        "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    ),
    (
        "Burmese",
        250,
        "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း၊ တူညီလွတ်လပ်သော အခွင့်အရေးများဖြင့် လည်းကောင်း၊ မွေးဖွားလာသူများ ဖြစ်သည်။",
    ),
    (
        "Amharic",
        113,
        "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
    ),
    (
        "Chinese",
        52,
        "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
    ),
    (
        "Chinese, traditional",
        60,
        "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。",
    ),
    (
        "Japanese",
        93,
        "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は"
        "、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    ),
    (
        "Korean",
        95,
        "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 "
        "천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
    ),
    (
        "Python",
        97,
        "def handler(event, context):\n"
        '    """Return the total of all items in the basket."""\n'
        '    total = sum(item["price"] * item["count"] for item in event["items"])\n'
        "    if total > 100.0:\n"
        '        raise ValueError(f"too expensive: {total:.2f}")\n'
        '    return {"statusCode": 200, "body": json.dumps({"total": total})}\n',
    ),
    (
        "JSON",
        66,
        '{"id": 1043, "name": "Harbor light", "tags": ["sea", "night"], "price": 12.75, "open": '
        'true, "at": "2026-11-09T08:30:00Z"}',
    ),
    (
        "Markdown",
        91,
        "## What to bring\n"
        "\n"
        "- **Shoes** that may get wet (see [the list](https://example.com/list?id=7))\n"
        "- 2 bottles of water, 0.5 l each\n"
        "- `pip install seatrial` on the laptop\n"
        "\n"
        "| day | tide | height |\n"
        "|---|---|---|\n"
        "| Mon | 06:12 | 3.4 m |\n",
    ),
    (
        "emoji",
        36,
        "so happy 😀😂 let's go 🚀✨👍🏽 ❤️🙏",
    ),
    (
        "numbers",
        77,
        "3.14159 2.71828 1,000,000 42 -17.5 6.02e23 0x1f4a 192.168.0.1 +44 20 7946 0958",
    ),
    (
        "capitals",
        24,
        "PLEASE DO NOT TOUCH THE RED BUTTON. IMPORTANT NOTICE TO ALL PASSENGERS",
    ),
]
"""(what, tokens, text): the most tokens that any of six vocabularies makes of it: o200k and cl100k (OpenAI), the one
published for Claude 2, DeepSeek V3, Mistral v3 and Tekken, counted with tiktoken, tokenizers and sentencepiece. The
sentences are article 1 of the Universal Declaration of Human Rights, or its beginning.
"""


@pytest.mark.parametrize(("tokens", "text"), [pytest.param(*row[1:], id=row[0]) for row in MEASURED])
def test_no_vocabulary_makes_more_tokens_of_a_text(tokens: int, text: str) -> None:
    assert tokens <= estimate_text(text)


def test_for_english_the_estimate_is_less_than_twice_the_highest() -> None:
    (tokens, text), *_ = [row[1:] for row in MEASURED if row[0] == "English"]
    assert estimate_text(text) < 2 * tokens


@given(st.text())
def test_no_text_is_estimated_at_more_than_its_bytes(text: str) -> None:
    assert 1 <= estimate_text(text) <= 1 + len(text.encode("utf-8", "surrogatepass"))


@given(st.text(), st.text())
def test_more_text_is_not_fewer_tokens(text: str, more: str) -> None:
    assert estimate_text(text + "\n" + more) >= estimate_text(text)


def request(*messages: Message, **more: object) -> ModelRequest:
    return msgspec.structs.replace(ModelRequest(messages), **more)


def test_a_request_is_its_messages_and_what_goes_around_them() -> None:
    assert estimate_tokens(request()) == PER_REQUEST
    both = request(Message("system", "Be short."), Message("user", "hi"))
    assert estimate_tokens(both) == PER_REQUEST + 2 * PER_MESSAGE + estimate_text("Be short.") + estimate_text("hi")


@pytest.mark.parametrize(
    ("part", "least"),
    [
        (Text("hello there"), estimate_text("hello there")),
        (Image(data=b"x"), PER_IMAGE),
        (File(data=b"%PDF" * 100), 400),
        (File(url="https://example.com/a.pdf"), PER_REMOTE_FILE),
        (ToolCall("1", "find", '{"text": "hello there"}'), estimate_text('{"text": "hello there"}')),
        (ToolResult("1", "find", "hello there"), estimate_text("hello there")),
        (Reasoning("hello there", {"signature": "abc123"}), estimate_text("hello thereabc123")),
    ],
)
def test_every_part_of_a_message_counts(part: object, least: int) -> None:
    content = msgspec.structs.replace(Message("user", ""), content=(part,))
    assert estimate_tokens(request(content)) >= PER_REQUEST + PER_MESSAGE + least


def test_tools_and_schema_count() -> None:
    empty = estimate_tokens(request(Message("user", "hi")))
    tool = Tool("find", "Finds what was said about a topic.", {"type": "object", "properties": {}})
    with_tools = estimate_tokens(request(Message("user", "hi"), tools=(tool,)))
    assert with_tools >= empty + WITH_TOOLS + estimate_text("Finds what was said about a topic.")
    with_schema = estimate_tokens(request(Message("user", "hi"), schema={"type": "object", "title": "Reply"}))
    assert with_schema >= empty + estimate_text("Reply")
