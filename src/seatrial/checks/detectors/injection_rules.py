"""What speaks for a prompt injection: orders to set instructions aside, questions for what is secret, claims of
authority, and orders planted in documents. Weights are in attack_rules.py.
"""

from __future__ import annotations

from seatrial.checks.detectors.phrases import Rules

OVERRIDE: Rules = {
    # Setting instructions aside is enough alone; what only talks about doing so is weighed down.
    "instruction-override": (
        "<override> ~2 <prior>|<every> ~3 <rules>",
        "<override> ~2 <rules> ~3 <prior>",
        "<override> ~3 <prior> ~1 <earlier_text>",
        "<override> ~1 all|everything|todo|tudo|tout|alles|tutto ~4 <said>|<prior>",
        "<override> what|whatever|anything|everything|everthing ~1 you|was|were|has ~2 <said>",
        "<override> all? the? of? above|preceding|foregoing|aforementioned",
        "<negation> ~1 <follow> ~4 <prior>|<every> ~2 <rules>",
        "set|put|throw|leave ~1 aside|away ~4 <rules>|<said>",
        "<negation> ~1 <follow> ~2 <system> <prompt>",
        "talimatlari|talimatlar|kurallari|kurallar ~3 unut|unutun|yoksay",
        "pay no attention to ~4 <rules>|<earlier_text>|<said>",
        "<rules> ~3 <negation> ~1 longer|more ~2 apply|valid|bind|count",
        "<prior> <rules> ~3 void|cancelled|canceled|overridden|obsolete|replaced|invalid",
        "bỏ|bo qua ~4 huong|chi dan|thi",
        "figyelmen kivul ~4 <rules>|<prior>",
        "felejtsd el ~4 <rules>|<prior>",
    ),
    "new-instructions": (
        "<fresh> <task>|<rules> ~1 is|are|follow|follows|begin|below|!",
        "your <fresh> ~2 <task>|<rules>",
        "instead of ~4 <rules>|<task> ~3 <tell>",
    ),
}

PROBING: Rules = {
    "system-prompt-probe": (
        "<tell> ~3 <yours>|the|<every> ~2 <system> ~1 <prompt>",
        "<what> ~2 <yours>|the ~1 <system> ~1 <prompt>",
        "<what> ~2 your ~1 instructions|directives",
        "<tell> ~3 your ~2 instructions|directives|prompt|programming|configuration|setup",
        "<tell> ~4 everything|text|words|all|line|lines|content|sentence ~2 above|preceding",
        "<what> ~1 were you ~2 <said>",
        "<tell> ~3 everything|all|what ~3 before|above this|the ~2 message|conversation|line|prompt",
        "<tell> ~6 <yours> ~2 <system> ~1 <prompt>",
    ),
    "tool-probe": (
        "<tell>|<what> ~4 tool|tools|functions|plugins|apis ~4 you have|use|call|access|available",
        "<tell>|<what> ~3 your ~2 tools|functions|plugins|apis|schema",
        "call|invoke|execute|run|use the ~3 tool|function|plugin|api with|and|to",
    ),
}

SECRETS: Rules = {
    "secret-probe": (
        "<tell>|<what> ~4 <yours>|our ~1 <secret_kind>? <secret>",
        "<tell>|<what> ~3 the <secret_kind>? <secret> !",
        "<tell>|<what> ~3 the <secret_kind>? <secret> for|to|of|in this|our|the|that system|mode|ai|test|scenario",
        "what is the <secret_kind>? <secret>",
        "what 's the <secret_kind>? <secret>",
        "qual|quale|cual|quel|quelle|che|was|wie ~2 la|il|el|le|o|a|e|das|sua|tua|tu|ta|votre|dein mot? de? <secret>",
        "poem|haiku|story|song|riddle|rhyme|acrostic|joke|essay|sentence ~2 about|with|of|on|containing "
        "the|your ~1 <secret>",
        "need|want|require your <secret>",
        "<tell>|<what> ~4 your|the|our ~1 <secret_kind> key|keys|token|tokens|code|codes|string|phrase|word",
        "confidential|secret string|phrase|word|code|value|text|information ~6 !",
    ),
    "keeps-secret": ("<negation> ~1 reveal|share|disclose|give|tell|expose|leak|mention",),
    "secret-ownership": (
        "<owner> ~3 <secret>",
        "<secret> ~2 for|to|of <owner>",
    ),
    "person-probe": (
        "<tell>|<what>|where|who ~4 the user 's? ~3 <personal>",
        "where|what|who ~3 the user ~2 <personal>|living",
        "<personal> of the user",
        "<tell>|<what>|where|who ~3 the previous|last|other user|customer|person ~6 <personal>|from|say|ask",
    ),
    "named-person": (
        "<tell>|<what> ~4 's ~2 <personal>",
        "<personal> ~1 of john|jane",
    ),
    "bank-details": ("<tell>|<what>|give ~5 bank|account|credit balance|details|number|statement ~1 of",),
    "bulk-data": (
        "<tell>|retrieve|fetch|recupera|recupere|extract|pull|export ~4 <people> <data>",
        "<tell>|retrieve|fetch|recupera|recupere|extract|pull|export ~4 <data> ~3 <people>",
    ),
}

CODING: Rules = {
    "asks-for-coding": (
        "in|using|with|as|into|to ~2 <encode>",
        "<tell>|<encode>|split ~6 <encode>",
        "split|cut|break|divide|separate ~4 <pieces>",
        "first|each|every|between letter|character|characters|word",
    ),
    "asks-for-decoding": (
        "decode|decipher|unscramble|decrypt|interpret ~4 this|following|string|text|message|base64|hex",
        "decode|decipher|decrypt ~6 and|then <tell>|<comply>",
    ),
    "payload-pieces": (
        "combine|concatenate|join|merge|append ~3 a|x|part|parts|strings|variables ~6 <comply>|<tell>|execute|run",
        "<comply> ~4 using|from|with ~2 following|these parts|pieces|fragments|substrings",
    ),
}

AUTHORITY: Rules = {
    "claims-authority": (
        "i am|'m ~2 <authority>",
        "as|am your ~2 <authority>",
        "this is ~2 <authority>",
        "as an? ai|assistant ~2 developed|created|made by",
        "as a ~2 renowned|certified|licensed|authorized|authorised",
    ),
    "claims-test": (
        "for|just ~1 testing|test|training|debugging|educational|research|verification ~1 purposes|purpose|only",
        "only|just a test",
        "doing|conducting|studying ~3 research|survey|security|study|project|audit",
    ),
    "bargains": (
        "i ~1 give|pay|tip|reward|offer|donate you ~4 if",
        "if you ~2 <tell> ~20 i|we can|will|'ll",
        "crucial|vital|essential|imperative|necessary ~2 you ~2 <tell>",
        "assess|evaluate|verify|audit|check your ~2 knowledge|understanding|compliance|security",
        "it 's? ~1 emergency|urgent|urgently",
        "someone|people|they|i|we will|'ll|may|might|could ~2 die|hurt|fired|suffer|killed",
        "common|standard|normal practice",
        "you have to answer|tell|obey|comply|do ~2 all|every|any|everything|me|my",
        "logically ~1 if you",
    ),
    "mode-switch": (
        "<switch_on> ~4 <mode_kind>|<mode_strong> ~1 mode",
        "<mode_kind>|<mode_strong> ~1 mode enabled|activated|active|engaged|initiated|unlocked",
    ),
    "mode-named": ("<mode_kind> <mode_kind>? mode",),
    "lawless-mode": ("<mode_strong> <mode_strong>? mode",),
    "imagined-world": (
        "<hypothetical> ~6 !",
        "imagine|suppose|pretend ~1 we|you|i|'re|that|a|this|there",
        "in|under a|an|this|some ~3 <hypothetical>",
    ),
    "imagined-permission": (
        "<hypothetical>|world|planet|forest|society|country ~14 where ~10 <permitted>",
        "in|under this|that|such ~2 world|scenario|planet|country|society|forest|story|universe|game ~6 "
        "<permitted>|<personal>|<secret>",
    ),
}

PLANTED: Rules = {
    "addresses-the-model": (
        "note|message|instruction|instructions|attention|dear|hey|hello|important|reminder ~1 to|for ~2 <model>",
        "dear|attention|note <model>",
        "ai|llm assistants|models|agents|bots ~2 <oblige>",
        "if|when you ~1 are|'re an|a ~2 <model>",
        "any|the|all ai|llm|llms|assistant|assistants|chatbot ~4 <oblige>",
        "when|before|while|after summarizing|summarising|reading|processing|analyzing|translating|answering "
        "~6 <oblige>|<tell>",
    ),
    "dictates-the-answer": (
        "and|instead|then|just|must|only|to|please|! "
        "say|state|output|print|respond|answer|reply|report|conclude|claim|mention|write that|the|with ~8 "
        "is|are|has|was|of",
        "say|state|claim|conclude|report|admit|mention that ~12 is|are|has|was|should",
        "! state|claim|conclude|report|admit that",
        "the|its|his real|actual|true|correct answer|result|output|conclusion|capital|name|sum is",
    ),
    "output-only": (
        "respond|reply|answer|say|output|print only|just|exactly",
        "only respond|reply|answer|say|output|print",
    ),
    "lets-state": ("let|lets 's? ~1 admit|state|say|pretend|conclude|claim|add|assume|note",),
    "lures-the-reader": (
        "account|device|computer|password ~3 compromised|suspended|locked|expired|infected|hacked",
        "follow|click|visit|open ~2 this|the|here ~1 link|url|site|website",
        "tell|ask|convince|persuade|urge|instruct ~1 the ~1 user|reader|customer|users|readers|customers ~1 to|that",
    ),
    "sends-data": (
        "send|forward|email|mail|post|upload|transmit|exfiltrate|envia|enviar|envialos|envie|envoyer|sende"
        "|invia ~8 to|a|an|at|http|https",
    ),
    "role-switch": (
        "you are|'re now ~1 a|an|the|in|my|going|called|named|<invented>",
        "from this|that moment|point on|forward|onward|onwards",
    ),
    "jailbreak-name": (
        "do anything now",
        "<become>|be|as|are|dan a? dan ~2 mode|which|stands|do|bot|application|!",
    ),
}

TALK_ABOUT: Rules = {
    # Weighs against: a question about attacks is no attack.
    "talks-about-attacks": (
        "what|explain|how|define|describe|why|prevent|detect|against|defend|examples|example ~4 "
        "injection|injections|jailbreak|jailbreaks|jailbreaking",
        "prompt injection|injections attack|attacks|detection|defense|defence|is|are|works",
    ),
}
