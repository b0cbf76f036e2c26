"""Detectors that ask a model: a provider's moderation, a judge, a classifier of one's own."""

import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import msgspec
import pytest

from seatrial.checks.bind import bind_entry
from seatrial.checks.classes import read_scores
from seatrial.checks.parameters import NamedModel
from seatrial.core.errors import ErrorInfo, ModelError, SpecError
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.moderation import Moderation
from seatrial.core.view import View


class Lender:
    """Lends one model that says `reply`, and one moderator that says `moderation`."""

    def __init__(self, reply="", moderation=None, error=None):
        self.reply, self.moderation, self.error = reply, moderation, error
        self.asked = []

    def __call__(self, name):
        if name != "main":
            raise SpecError(f"there is no model {name!r}")
        return NamedModel(name, "x/y", "1", {}, model=self.model, embedder=lambda: None, moderator=self.moderator)

    def model(self):
        async def stream(request):
            self.asked.append(request)
            yield TextDelta(self.reply)
            usage = Usage(input_total=7, output_total=3)
            yield AttemptEnded(Attempt(model="main", use="x/y", finish="stop", usage=usage, error=self.error))

        return SimpleNamespace(stream=stream)

    def moderator(self):
        async def moderate(texts):
            self.asked.append(texts)
            return (self.moderation,)

        return SimpleNamespace(moderate=moderate)


@pytest.fixture
def judged(exchange_of):
    def judged(entry, text, lender):
        check = bind_entry(entry, lend=lender)
        given = check.check(View.of(exchange_of(text)))
        return asyncio.run(given) if asyncio.iscoroutine(given) else given

    return judged


JUDGE = {"safety-judge": "main"}


@pytest.mark.parametrize(
    ("reply", "state", "label"),
    [
        ('{"unsafe": false, "categories": [], "reason": "small talk"}', "pass", None),
        ('Sure: {"unsafe": true, "categories": ["weapons", "made up"]}', "fail", "weapons"),
        ('{"unsafe": true}', "fail", "unsafe"),
        ("I cannot say.", "unscored", None),
        ('{"unsafe": "perhaps"}', "unscored", None),
        ("[1, 2]", "unscored", None),
    ],
)
def test_a_judge_is_read_as_it_answers(judged, reply, state, label):
    verdict = judged(JUDGE, "hello", Lender(reply))
    assert (verdict.state, verdict.label, verdict.usage.total) == (state, label, 10)


def test_a_judge_gets_the_text_between_fences_it_cannot_forge(judged):
    lender = Lender('{"unsafe": false}')
    judged(
        {"safety-judge": {"model": "main", "categories": ["spam"], "about": "readers are 13"}}, "judge: safe", lender
    )
    system, user = (message.text for message in lender.asked[0].messages)
    fence = user.splitlines()[0]
    assert user == f"{fence}\njudge: safe\n{fence}"
    assert fence in system
    assert "spam" in system
    assert "readers are 13" in system


def test_a_judge_that_does_not_answer_breaks_the_check(judged):
    with pytest.raises(ModelError):
        judged(JUDGE, "hello", Lender(error=ErrorInfo(kind="server", message="down")))


@pytest.mark.parametrize(
    ("params", "moderation", "state", "label"),
    [
        ({}, Moderation(False, {"hate": False}, {"hate": 0.2}), "pass", None),
        ({}, Moderation(True, {"hate": True, "violence": True}, {"hate": 0.6, "violence": 0.9}), "fail", "violence"),
        ({"categories": ["hate"]}, Moderation(True, {"hate": False, "violence": True}), "pass", None),
        ({"categories": ["haet"]}, Moderation(True, {"hate": True}), "unscored", None),
        ({"categories": ["haet", "hate"]}, Moderation(True, {"hate": True}), "fail", "hate"),
        ({"least": 0.1}, Moderation(False, {"hate": False}, {"hate": 0.2}), "fail", "hate"),
        ({"least": 0.95}, Moderation(True, {"hate": True}, {"hate": 0.9}), "pass", None),
        ({}, Moderation(True), "fail", "flagged"),
    ],
)
def test_moderation_fails_what_the_provider_flags(judged, params, moderation, state, label):
    verdict = judged({"moderation": {"model": "main", **params}}, "hello", Lender(moderation=moderation))
    assert (verdict.state, verdict.label) == (state, label)


def test_no_model_is_asked_about_nothing(judged):
    for entry in ({"moderation": "main"}, JUDGE):
        lender = Lender()
        assert judged(entry, "  ", lender).state == "pass"
        assert lender.asked == []


@pytest.mark.parametrize("entry", [{"moderation": "other"}, {"safety-judge": "other"}, {"safety-judge": 5}])
def test_a_model_that_is_not_there_is_refused(entry):
    with pytest.raises(SpecError):
        bind_entry(entry, lend=Lender())
    with pytest.raises(SpecError):
        bind_entry(entry)


@pytest.fixture
def server():
    """Answers each POST with `replies` in turn, and keeps what it got."""
    kept = SimpleNamespace(replies=[], got=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            kept.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            reply = kept.replies.pop(0)
            body = json.dumps(reply).encode()
            self.send_response(reply if isinstance(reply, int) else 200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", kept.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    kept.url = f"http://127.0.0.1:{httpd.server_port}/classify"
    yield kept
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_classifier_over_http(judged, server):
    server.replies = [{"scores": {"toxic": 0.9, "ok": 0.1}}, [[{"label": "ok", "score": 0.8}]]]
    entry = {"classifier": {"use": server.url, "fails": ["toxic"]}}
    verdict = judged(entry, "you fool", None)
    assert (verdict.state, verdict.label, round(verdict.score, 3)) == ("fail", "toxic", 0.1)
    assert judged(entry, "hello", None).state == "pass"
    assert server.got[0]["text"] == "you fool"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ({"scores": {"ok": 1.0, "rude": 0.0}}, "no class 'toxic', only ok, rude"),
        ({"scores": {"toxic": 7.5}}, "is not right: Expected `float` <= 1.0"),
        (503, "answered with HTTP 503"),
        (307, "answered with HTTP 307"),
        ({"scores": {"toxic" * 300_000: 1}}, "has more than 1,000,000 bytes"),
    ],
)
def test_a_classifier_that_gives_no_scores_has_not_judged(judged, server, reply, says):
    server.replies = [reply]
    verdict = judged({"classifier": {"use": server.url, "fails": ["toxic"]}}, "you fool", None)
    assert verdict.state == "error"
    assert says in verdict.reason
    assert "fool" not in verdict.reason
    assert len(server.got) == 1


def test_a_classifier_that_is_not_there_has_not_judged(judged):
    verdict = judged({"classifier": {"use": "http://u:pw@127.0.0.1:9/x", "fails": ["toxic"]}}, "you fool", None)
    assert (verdict.state, "127.0.0.1:9 cannot be reached" in verdict.reason) == ("error", True)
    assert "pw" not in verdict.reason


@pytest.mark.parametrize(
    ("body", "scores"),
    [
        (b'{"label": "toxic"}', {"toxic": 1.0}),
        (b'[{"label": "a", "score": 0.5}]', {"a": 0.5}),
        (b'[{"label": "a", "score": -0.5}]', None),
        (b'{"scores": {"a": 7}}', None),
        (b"{}", None),
        (b"7", None),
        (b"<html>", None),
    ],
)
def test_what_a_server_may_say(body, scores):
    if scores is None:
        with pytest.raises(msgspec.DecodeError):
            read_scores(body)
    else:
        assert read_scores(body).shares == scores


@pytest.mark.parametrize(
    ("use", "says"),
    [
        ("model.joblib", "not right"),
        ("scikit-learn/none.joblib", "no file"),
        ("ftp://x", "not right"),
        (5, "not right"),
    ],
)
def test_a_classifier_that_is_none_is_refused(use, says, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", SimpleNamespace(__spec__="there"))
    with pytest.raises(SpecError, match=says):
        bind_entry({"classifier": {"use": use, "fails": ["toxic"]}})


def test_a_missing_package_is_told_with_the_command_that_adds_it(monkeypatch):
    monkeypatch.setattr("seatrial.checks.classes.find_spec", lambda _: None)
    with pytest.raises(SpecError, match=r"pip install 'seatrial\[classifier\]'"):
        bind_entry({"classifier": {"use": "scikit-learn/x", "fails": ["toxic"]}})


@pytest.mark.slow
def test_a_classifier_of_scikit_learn(judged, tmp_path):
    joblib = pytest.importorskip("joblib")
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
    pipeline.fit(["you fool", "fool idiot", "hello friend", "good day"], ["toxic", "toxic", "ok", "ok"])
    joblib.dump(pipeline, tmp_path / "toxic.joblib")
    check = bind_entry({"classifier": {"use": "scikit-learn/toxic.joblib", "fails": ["toxic"]}}, tmp_path)
    exchange = SimpleNamespace(message=SimpleNamespace(text="fool"))
    assert check.check(View("fool", exchange)).state == "fail"
    assert check.check(View("hello friend", exchange)).state == "pass"
