"""The key of fingerprints and pseudonyms."""

import pytest
from guard_cases import setting
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.core.verdict import Span
from seatrial.guard.keys import VARIABLE, Keyed, installed_key, key_file
from seatrial.guard.rewrite import Pseudonyms, Restoring, mask, moved, outermost, redact, rewritten


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_the_key_of_the_environment_decides_the_fingerprints(monkeypatch):
    monkeypatch.setenv(VARIABLE, "a" * 16)
    first = installed_key().fingerprint("ada@example.org")
    assert (len(first), first) == (16, installed_key().fingerprint("ada@example.org"))
    monkeypatch.setenv(VARIABLE, "b" * 16)
    assert installed_key().fingerprint("ada@example.org") != first


def test_a_short_key_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(SpecError, match="too short"):
        installed_key()


def test_an_installation_makes_its_key_once_and_for_its_owner_alone(home):
    first = installed_key().fingerprint("x")
    assert key_file().stat().st_mode & 0o777 == 0o600
    assert len(key_file().read_bytes()) == 32
    assert installed_key().fingerprint("x") == first
    assert [path.name for path in key_file().parent.iterdir()] == ["guard.key"]


def test_without_a_place_for_it_a_key_lasts_as_long_as_the_process(home):
    (home / "seatrial").write_text("a file where the folder should be")
    assert installed_key().fingerprint("x") == installed_key().fingerprint("x")


def test_half_a_key_is_refused(home):
    key_file().parent.mkdir()
    key_file().write_bytes(b"half")
    with pytest.raises(SpecError, match="not whole"):
        installed_key()


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8), st.sampled_from(["a", "b", ""])).map(
        lambda given: Span(given[0], given[0] + given[1], given[2])
    ),
    max_size=6,
)
TEXTS = st.text("ab1 é\n", min_size=40, max_size=50)


@given(TEXTS, SPANS)
def test_what_is_found_is_gone_and_the_rest_stays(text, spans):
    found = {at for span in spans for at in range(span.start, span.end)}
    rest = "".join(each for at, each in enumerate(text) if at not in found)
    changed, edits = rewritten(text, spans, lambda *_: "")
    assert changed == rest
    masked, _ = rewritten(text, spans, mask)
    assert [(at, each) for at, each in enumerate(masked) if each != "*"] == [
        (at, each) for at, each in enumerate(text) if at not in found or each.isspace()
    ]
    assert sum(edit.end - edit.start for edit in edits) == len(found)


@given(TEXTS, SPANS)
def test_spans_point_at_what_was_written_for_them(text, spans):
    changed, edits = rewritten(text, spans, redact)
    for span in moved(outermost(spans), edits):
        assert changed[span.start : span.end].startswith("[")
        assert changed[span.start : span.end].endswith("]")


@given(TEXTS, SPANS)
def test_pseudonyms_give_back_the_text(text, spans):
    pseudonyms = setting().pseudonyms
    changed, _ = rewritten(text, spans, pseudonyms)
    assert pseudonyms.restored(changed) == text


@given(st.lists(st.sampled_from(["[EMAIL-", "[", "]", "x", "PSEUDONYM"]), max_size=12), st.data())
def test_pseudonyms_are_restored_alike_at_every_cut(words, data):
    pseudonyms = Pseudonyms(Keyed(b"key"))
    name = pseudonyms(Span(0, 1, "email"), "ada@example.org", False)
    text = "".join(name if word == "PSEUDONYM" else word for word in words)
    restoring, out, at = Restoring(pseudonyms), "", 0
    while at < len(text):
        size = data.draw(st.integers(1, 9))
        out += restoring.feed(text[at : at + size])
        at = min(at + size, len(text))
        assert len(restoring._held) <= restoring.bound
    assert out + restoring.close() == text.replace(name, "ada@example.org")


def test_equal_texts_have_one_pseudonym_and_others_another():
    pseudonyms = setting().pseudonyms
    given = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x")]
    names = [pseudonyms(Span(0, 1, label), text, False) for label, text in given]
    assert names[0] == names[1]
    assert len(set(names)) == 3
