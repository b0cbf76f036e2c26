"""Where code says it better than YAML: one question in many forms, and answers that can be computed."""

from datetime import date

import pytest

from seatrial.testing import expect


@pytest.mark.parametrize("greeting", ["hey whats up", "HEY WHATS UP", "Good afternoon. How are you?"])
def test_stays_casual_however_it_is_greeted(feature, greeting):
    exchange = feature.ask(greeting)
    expect(exchange).passes("starts-lowercase", {"max-words": 60})


def test_counts_days_like_the_calendar(feature):
    days = (date(2026, 5, 20) - date(2026, 3, 3)).days
    exchange = feature.ask("how many days from march 3 to may 20")
    expect(exchange).passes({"number-equals": days})


@pytest.mark.parametrize("server_name", ["the pottery shed", "the harbor"])
def test_does_not_sound_like_a_help_desk(feature, server_name):
    exchange = feature.ask("hey whats up", server_name=server_name)
    expect(exchange).passes({"not-icontains-any": ["how may i", "assist you", "as an ai"]})
