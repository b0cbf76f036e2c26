"""The language of a text."""

from __future__ import annotations

import pytest

from seatrial.checks.detectors.language import tell
from seatrial.checks.detectors.languages import CODES
from seatrial.core.errors import SpecError

SENTENCES = {
    "en": [
        "Where did you put the keys to the shed?",
        "I'll call you when the train gets in.",
        "that is not what we said",
    ],
    "es": ["¿Dónde has puesto las llaves?", "El tren llega a las ocho y no me esperes.", "eso no es lo que dije ayer"],
    "fr": [
        "Où as-tu mis les clés de la cave ?",
        "Le train arrive à huit heures et je suis en retard.",
        "ce n'est pas ce que j'ai dit",
    ],
    "de": [
        "Wo hast du die Schlüssel hingelegt?",
        "Der Zug kommt um acht, und ich bin noch nicht da.",
        "das habe ich so nicht gesagt",
    ],
    "it": [
        "Dove hai messo le chiavi della cantina?",
        "Il treno arriva alle otto e non sono pronto.",
        "non è quello che ho detto",
    ],
    "pt": [
        "Onde você colocou as chaves da garagem?",
        "O trem chega às oito e não estou pronto.",
        "isso não foi o que eu disse",
    ],
    "nl": [
        "Waar heb je de sleutels gelegd?",
        "De trein komt om acht uur en ik ben er nog niet.",
        "dat heb ik niet gezegd",
    ],
    "sv": [
        "Var har du lagt nycklarna till boden?",
        "Tåget kommer klockan åtta och jag är inte klar.",
        "det var inte vad jag sa",
    ],
    "da": [
        "Hvad har I gjort med nøglerne, og hvorfor?",
        "Toget er her kun nu, og jeg er endnu ikke blevet færdig.",
        "det var ikke det jeg sagde, men hvad med dem",
    ],
    "fi": [
        "Mihin sinä panit avaimet, ja miksi?",
        "Juna tulee kahdeksalta, mutta minä en ole valmis.",
        "se ei ole mitä minä sanoin",
    ],
    "pl": [
        "Gdzie jest klucz do piwnicy?",
        "Pociąg przyjeżdża o ósmej, a ja nie jestem jeszcze gotowy.",
        "to nie jest to, co powiedziałem",
    ],
    "cs": [
        "Kde jsou klíče od sklepa?",
        "Vlak přijíždí v osm a já ještě nejsem připravený.",
        "to není to, co jsem řekl",
    ],
    "ro": ["Unde ai pus cheile de la pivniță?", "Trenul vine la opt și eu nu sunt gata.", "nu este ceea ce am spus"],
    "hu": [
        "Hová tetted a kulcsot, és miért?",
        "A vonat nyolckor jön, de én még nem vagyok kész.",
        "ez nem az, amit én mondtam",
    ],
    "tr": [
        "Anahtarları nereye koydun, bana söyler misin?",
        "Tren saat sekizde geliyor ama ben hazır değilim.",
        "bu benim söylediğim şey değil",
    ],
    "id": [
        "Di mana kamu menaruh kunci itu?",
        "Kereta akan tiba pada jam delapan dan saya belum siap.",
        "itu bukan yang saya katakan",
    ],
    "vi": ["Bạn để chìa khóa ở đâu?", "Tàu đến lúc tám giờ và tôi chưa sẵn sàng.", "đó không phải là điều tôi nói"],
    "ru": ["Куда ты положил ключи?", "Поезд приходит в восемь, а я ещё не готов.", "это не то, что я сказал"],
    "uk": [
        "Куди ти поклав ключі від комори?",
        "Потяг прибуває о восьмій, а я ще не готовий.",
        "це не те, що він сказав",
    ],
    "bg": ["Къде сложи ключовете?", "Влакът пристига в осем, а аз още не съм готов.", "това не е, което казах, нали"],
    "el": ["Πού έβαλες τα κλειδιά;"],
    "ar": ["أين وضعت المفاتيح؟ القطار يصل في الثامنة."],
    "fa": ["کلیدها را کجا گذاشتی؟ قطار ساعت هشت می‌رسد."],
    "ur": ["آپ نے چابیاں کہاں رکھی ہیں؟"],
    "he": ["איפה שמת את המפתחות?"],
    "hi": ["तुमने चाबियाँ कहाँ रखीं?"],
    "bn": ["তুমি চাবিগুলো কোথায় রেখেছ?"],
    "ta": ["நீங்கள் சாவியை எங்கே வைத்தீர்கள்?"],
    "th": ["คุณวางกุญแจไว้ที่ไหน"],
    "ja": ["鍵をどこに置きましたか。", "電車は八時に着きます。"],
    "zh": ["你把钥匙放在哪里了？", "火车八点到。"],
    "ko": ["열쇠를 어디에 두었어요?"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SENTENCES.items() for text in texts])
def test_a_sentence_is_told_by_its_language(judge, code, text):
    verdict = judge({"language": code}, text)
    assert (verdict.state, verdict.label) == ("pass", code)
    other = "en" if code != "en" else "de"
    assert judge({"language": other}, text).reason == f"is in {code}, not {other}"


@pytest.mark.parametrize(
    "text", ["", "ok", "12345", "👍", "Berlin", "lol", "```\nfor x in the list of is\n```", "https://the.and.of"]
)
def test_a_text_that_is_too_short_to_tell_is_not_judged(judge, text):
    assert judge({"language": "en"}, text).state == "unscored"


def test_names_and_code_of_another_language_do_not_decide(judge):
    text = "Ich habe `the function of the list` in https://example.org/the/and/of gesehen und nicht verstanden."
    assert judge({"language": ["de"]}, text).state == "pass"
    assert tell("Das Restaurant Le Petit Prince ist in der Straße, die wir kennen.") == (
        "de",
        pytest.approx(1, abs=0.3),
    )


@pytest.mark.parametrize(
    ("value", "message"), [("xx", "not known"), ([], "not known"), (False, "Norwegian"), ("german", "not known")]
)
def test_a_language_that_is_not_known_is_refused(judge, value, message):
    with pytest.raises(SpecError, match=message):
        judge({"language": {"languages": value}}, "x")


def test_at_least_twenty_languages_are_known():
    assert len(CODES) > 30
