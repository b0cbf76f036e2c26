"""What `personal-data` and `secrets` find in labelled messages of 1 KB, and how fast, beside other tools.

    python benchmarks/personal_data.py [--messages N] [--seed N] [--said chat|work] [--others PYTHON]...
        [--tool NAME]...

The other tools run in a process of each interpreter given as `--others`, since their packages need not go together with
ours; a tool that none of them has is left out by name.

A labelled place counts as found when a place of the same entity overlaps it; a found place counts as right when it
overlaps a label of its entity. Where a tool has several names for an entity they are one, and all its secrets are
`secret`. What a tool finds of entities it does not share with us is not counted. Speed is that of one core: the best of
three turns of each message, since other work interrupts it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from time import perf_counter

SHARED = ("payment-card", "email", "ip-address", "phone", "us-ssn", "secret")
TURNS = 3
WARM = 25
"""Messages before any is timed: tools load what they need with the first."""

Place = tuple[int, int, str]
Finder = Callable[[str], list[Place]]


def seatrial() -> Finder:
    from seatrial.checks.personal.entities import EVERYTHING, personal_data
    from seatrial.checks.personal.regions import USUAL
    from seatrial.checks.secrets.kinds import EVERYTHING as KINDS
    from seatrial.checks.secrets.kinds import secrets

    personal, secret = personal_data(EVERYTHING.labels, USUAL.codes), secrets(KINDS.labels)
    return lambda text: [
        *(each[:3] for each in personal.find(text)),
        *((start, end, "secret") for start, end, _ in secret.find(text)),
    ]


def presidio() -> Finder:
    """Its pattern recognisers of English on a blank pipeline, what scores 0.3 or more. Ends of domains are those of the
    list it ships: it would ask the network for a newer one.
    """
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    for each in list(registry.recognizers):
        if "Spacy" in type(each).__name__:
            registry.remove_recognizer(each.name)
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
    names = {
        "CREDIT_CARD": "payment-card",
        "EMAIL_ADDRESS": "email",
        "IP_ADDRESS": "ip-address",
        "PHONE_NUMBER": "phone",
        "US_SSN": "us-ssn",
    }
    return lambda text: [
        (each.start, each.end, names[each.entity_type])
        for each in engine.analyze(text, language="en", entities=list(names), score_threshold=0.3)
    ]


def datafog() -> Finder:
    from datafog.engine import scan

    names = {
        "EMAIL": "email",
        "PHONE": "phone",
        "SSN": "us-ssn",
        "CREDIT_CARD": "payment-card",
        "IP_ADDRESS": "ip-address",
    }
    return lambda text: [
        (each.start, each.end, names[each.type])
        for each in scan(text=text, engine="regex").entities
        if each.type in names
    ]


def scrubadub() -> Finder:
    from scrubadub import Scrubber
    from scrubadub.detectors import CreditCardDetector, EmailDetector, PhoneDetector
    from scrubadub.detectors.en_US import SocialSecurityNumberDetector

    detectors = [CreditCardDetector, EmailDetector, PhoneDetector, SocialSecurityNumberDetector]
    scrubber = Scrubber(detector_list=[detector(locale="en_US") for detector in detectors], post_processor_list=[])
    names = {"credit_card": "payment-card", "email": "email", "phone": "phone", "social_security_number": "us-ssn"}

    def find(text: str) -> list[Place]:
        found = list(scrubber.iter_filth(text))
        parts = [part for each in found for part in (getattr(each, "filths", None) or [each])]
        return [(each.beg, each.end, names[each.type]) for each in parts if each.type in names]

    return find


def detect_secrets() -> Finder:
    """It reads files, and names the secret and not its place, which is looked up."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    path = Path(tempfile.mkdtemp()) / "message.txt"

    def find(text: str) -> list[Place]:
        path.write_text(text)
        found = SecretsCollection()
        with default_settings():
            found.scan_file(str(path))
        values = {each.secret_value for _, each in found if each.secret_value}
        return [(text.index(value), text.index(value) + len(value), "secret") for value in values if value in text]

    return find


def llm_guard() -> Finder:
    from llm_guard.input_scanners.secrets import Secrets

    scanner = Secrets()

    def find(text: str) -> list[Place]:
        """It gives the text with stars: the places are where the original was cut out between them."""
        redacted, _, _ = scanner.scan(text)
        places, at = [], 0
        for before, after in pairwise(redacted.split("******")):
            start = at + len(before)
            at = text.find(after, start) if after else len(text)
            places.append((start, at, "secret"))
        return places

    return find


OTHERS: dict[str, Callable[[], Finder]] = {
    "presidio-analyzer": presidio,
    "datafog": datafog,
    "scrubadub": scrubadub,
    "detect-secrets": detect_secrets,
    "llm-guard": llm_guard,
}


def measured(finder: Finder, texts: Sequence[str]) -> dict[str, object]:
    """What is found in each text, and messages a second."""
    for text in texts[:WARM]:
        finder(text)
    taken, found = 0.0, []
    for text in texts:
        times = []
        for _ in range(TURNS):
            since = perf_counter()
            places = finder(text)
            times.append(perf_counter() - since)
        taken += min(times)
        found.append(places)
    return {"found": found, "speed": len(texts) / taken}


def serve(name: str) -> None:
    """In another interpreter: texts from standard input, and to standard output what the tool makes of them, or null
    where it is not installed.
    """
    texts, out = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        json.dump(None, out)
        return
    json.dump({"version": version, **measured(OTHERS[name](), texts)}, out)


def asked(interpreter: str, name: str, texts: list[str]) -> dict | None:
    command = [interpreter, __file__, "--serve", name]
    done = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{name} does not work in {interpreter}")
        return None
    return json.loads(done.stdout)


def scores(labelled: list[list[Place]], found: list[list[Place]], entity: str) -> tuple[float, float, float] | None:
    """Precision, recall and F1; None for an entity that is never found."""
    count: Counter[str] = Counter()
    for labels, places in zip(labelled, found, strict=True):
        truth = [each for each in labels if each[2] == entity]
        places = [each for each in places if each[2] == entity]
        count["labels"] += len(truth)
        count["places"] += len(places)
        count["found"] += sum(any(overlap(label, place) for place in places) for label in truth)
        count["right"] += sum(any(overlap(label, place) for label in truth) for place in places)
    if not count["places"]:
        return None
    precision, recall = count["right"] / count["places"], count["found"] / max(1, count["labels"])
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def overlap(one: Sequence, other: Sequence) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def show(name: str, result: dict, labelled: list[list[Place]], entities: Sequence[str]) -> None:
    print(f"{name}, {result['speed']:,.0f} messages/s", flush=True)
    for entity in entities:
        values = scores(labelled, result["found"], entity)
        if values is not None:
            print(f"  {entity:<16}precision {values[0]:.3f}  recall {values[1]:.3f}  F1 {values[2]:.3f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--said", default="chat", choices=("chat", "work"))
    options.add_argument("--tool", action="append", choices=tuple(OTHERS), help="beside these alone")
    options.add_argument("--others", action="append", default=[], metavar="PYTHON")
    options.add_argument("--serve", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.serve)
        return
    from corpus import Corpus

    messages = Corpus(given.seed, given.said).messages(given.messages)
    texts, labelled = [each["text"] for each in messages], [each["spans"] for each in messages]
    entities = (*SHARED, *sorted({span[2] for spans in labelled for span in spans}.difference(SHARED)))
    print(f"{len(texts)} messages, seed {given.seed}, texts/{given.said}.txt")
    show("seatrial, personal-data and secrets together", measured(seatrial(), texts), labelled, entities)
    for name in given.tool or OTHERS:
        results = (asked(interpreter, name, texts) for interpreter in given.others)
        result = next(filter(None, results), None)
        if result is None:
            print(f"{name} runs in no interpreter of --others, and is left out")
        else:
            show(f"{name} {result['version']}", result, labelled, SHARED)


if __name__ == "__main__":
    main()
