"""What speaks for a prompt injection or a jailbreak: rules with names and weights.

Each weight says how much one rule alone proves; weaker ones add up, and more than a limit is enough to flag. They were
set by hand, for families of attacks that are described in the open (OWASP LLM01; Greshake et al. 2023 on indirect
injection; Shen et al. 2023 and Wei et al. 2023 on jailbreaks), and looked at on one half of public data, never on
single samples.
"""

from __future__ import annotations

from seatrial.checks.detectors.injection_rules import AUTHORITY, CODING, OVERRIDE, PLANTED, PROBING, SECRETS, TALK_ABOUT
from seatrial.checks.detectors.jailbreak_rules import FORM, LAWLESS, PERSONA, SUPPRESSION
from seatrial.checks.detectors.phrases import Rules

RULES: Rules = {
    **OVERRIDE,
    **PROBING,
    **SECRETS,
    **CODING,
    **AUTHORITY,
    **PLANTED,
    **TALK_ABOUT,
    **PERSONA,
    **LAWLESS,
    **SUPPRESSION,
    **FORM,
}

INJECTION_LIMIT = 0.85
JAILBREAK_LIMIT = 1.0
"""Evidence above these is an attack. Words of jailbreaks are more often said in fun, so they take more."""

INJECTION = {
    "instruction-override": 1.2,
    "system-prompt-probe": 1.1,
    "secret-probe": 1.1,
    "person-probe": 1.1,
    "payload-pieces": 1.1,
    "jailbreak-name": 1.1,
    "control-token": 1.1,
    "planted-order": 1.05,
    "disguised": 1.0,
    "imagined-permission": 0.8,
    "forged-dialogue": 0.8,
    "addresses-the-model": 0.75,
    "bulk-data": 0.7,
    "lawless-mode": 0.7,
    "lets-state": 0.7,
    "role-forging": 0.7,
    "repetition-flood": 0.7,
    "new-instructions": 0.6,
    "named-person": 0.6,
    "bank-details": 0.6,
    "asks-for-decoding": 0.6,
    "dictates-the-answer": 0.6,
    "question-flood": 0.6,
    "tool-probe": 0.5,
    "claims-authority": 0.5,
    "claims-test": 0.5,
    "bargains": 0.5,
    "mode-switch": 0.5,
    "role-switch": 0.5,
    "order-in-comment": 0.5,
    "lures-the-reader": 0.5,
    "primed-answer": 0.4,
    "coded-text": 0.2,
    "sends-to-address": 0.4,
    "asks-for-coding": 0.3,
    "mode-named": 0.3,
    "imagined-world": 0.3,
    "output-only": 0.3,
    "sends-data": 0.2,
    "talks-about-attacks": -0.6,
}
"""What each rule and sign proves of a prompt injection."""

JAILBREAK = {
    "do-anything-now": 1.2,
    "instruction-override": 1.2,
    "primed-answer": 0.8,
    "no-limits-stated": 0.7,
    "no-scruples": 0.7,
    "game-of-points": 0.7,
    "lawless-mode": 0.7,
    "escaped": 0.6,
    "ai-denial": 0.5,
    "mode-switch": 0.5,
    "disguised": 0.5,
    "placeholder": 0.45,
    "invented-model": 0.45,
    "refusal-suppression": 0.4,
    "always-complies": 0.4,
    "unbound": 0.35,
    "makers-rules": 0.35,
    "persona": 0.35,
    "stays-in-role": 0.35,
    "opposite-day": 0.35,
    "answer-label": 0.35,
    "anything": 0.3,
    "made-lawful": 0.3,
    "from-now-on": 0.3,
    "two-answers": 0.3,
    "usual-answer": 0.3,
    "mode-named": 0.3,
    "repetition-flood": 0.3,
    "evil": 0.25,
    "marked-answers": 0.25,
    "makers": 0.25,
    "acknowledge": 0.25,
    "long": 0.25,
    "no-limits": 0.2,
    "forbidden-content": 0.2,
    "forbidden-wanted": 0.2,
    "servile": 0.2,
    "another-model": 0.2,
    "fiction": 0.2,
    "detail-wanted": 0.2,
    "adults": 0.2,
    "shouted-order": 0.2,
    "role-switch": 0.2,
    "opinions": 0.15,
    "imagined-world": 0.15,
    "second-person-order": 0.1,
    "third-person-order": 0.1,
    "never-always": 0.1,
    "talks-about-attacks": -0.6,
}
"""What each rule and sign proves of a jailbreak."""

REPEATED = frozenset(
    {
        "always-complies",
        "evil",
        "forbidden-content",
        "no-limits-stated",
        "no-scruples",
        "refusal-suppression",
        "stays-in-role",
        "unbound",
    }
)
"""Rules that prove a quarter more each time they hold again, up to three times."""

WEAKENED = {"secret-probe": (frozenset({"secret-ownership", "keeps-secret"}), 0.7)}
"""Rules that prove less, and by how much, where another holds: a password of one's own, an order to keep a secret."""
