"""What speaks for a prompt injection or a jailbreak: rules with names and weights.

Each weight says how much one rule alone proves; weaker ones add up, and more than a limit is enough to flag. They were
set by hand, for families of attacks that are described in the open (OWASP LLM01; Greshake et al. 2023 on indirect
injection; Shen et al. 2023 and Wei et al. 2023 on jailbreaks), and looked at on one half of public data, never on
single samples.
"""

from __future__ import annotations

Rules = dict[str, tuple[str, ...]]
"""The patterns of each rule; see Phrasebook."""

OVERRIDE: Rules = {
    # Setting instructions aside is enough alone; talk about doing so is weighed down below.
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

PERSONA: Rules = {
    "persona": (
        "<become> ~2 as|to|the|like|into|in ~3 <persona>",
        "<become> as|like|to|into a|an|if|the|my|dan|be",
        "you are|'re ~1 now|going|about|no|being|named|called",
        "you are|'re not? a|an ~6 <persona>|ai|<model>|chatbot|assistant|bot ~6 "
        "that|which|who|called|named|with|without",
        "<become> ~4 <invented>",
        "act|acts|acting|respond|answer|reply as|like",
        "<persona> ~2 named|called|is|will|of|who|1|2|one|two",
        "<become> ~2 <hypothetical> ~2 <persona>|<model>",
        "tu vas|eres|es|sei|bist|es ~3 <persona>|<become>",
    ),
    "stays-in-role": (
        "stay|staying|remain|keep|stays|remaining ~2 character|role|persona|mode",
        "break|breaks|breaking|out|leave|broke ~2 character|role",
        "stay|remain|<always>|keep ~2 act|acting|in ~2 character|persona|role",
        "remind you ~3 stay|to|that|by",
    ),
    "from-now-on": (
        "from now on|onwards|onward|forward",
        "from on now",
        "moving|going forward",
        "rest|remainder|duration of|on this|the|our ~1 conversation|chat|session|interaction",
        "until i|we|you ~2 say|tell|stop|end|told",
        "for|in all|every|each|any future|subsequent|following|further <request>|<answers>",
        "after this|every message|prompt|answer|response",
    ),
}

LAWLESS: Rules = {
    "no-limits": ("<no> ~4 <limits>",),
    "no-limits-stated": ("<no> any|all|moral|ethical|the|of|by|from|legal|content|openai|its|has|have|a? ~2 <limits>",),
    "no-scruples": (
        "<no> ~3 <care> ~5 <scruple>",
        "<regardless> ~4 <scruple>",
        "no|not ~2 matter how|what|the|if ~3 <forbidden>|<scruple>",
        "<regardless> of ~6 <forbidden>|<scruple>|<limits>",
    ),
    "anything": (
        "do|say|answer|generate|create|write|produce|provide|can|with ~1 anything|everything ~1 "
        "now|!|you|i|want|asked|without|no|is|and",
        "any|all|every|whatever ~1 kind|type|sort|kinds|types of ~2 <content>|<forbidden>",
    ),
    "do-anything-now": (
        "do anything now",
        "<become>|be|as|are|dan a? dan ~2 mode|which|stands|do|bot|application|will|can|has|is|!",
    ),
    "unbound": ("<unbound>",),
    "evil": ("<evil>",),
    "forbidden-content": ("<forbidden>",),
    "forbidden-wanted": (
        "<comply>|<always>|can|can|allowed|able|should|generate|use|provide|create|produce|write|include"
        "|display ~5 <forbidden> ~4 <content>?",
    ),
    "escaped": ("<escape> ~4 <cage>",),
    "makers-rules": (
        "openai|anthropic|google|microsoft|chatgpt|content|usage|safety|moderation|community 's? ~2 "
        "policy|policies|guidelines|rules|filter|filters|restrictions|ethics",
        "<limits>|<rules> ~4 by|of|from|imposed <makers>",
    ),
    "made-lawful": ("everything|anything|all|this ~4 is|are legal|fictional|hypothetical|allowed|permitted",),
}

SUPPRESSION: Rules = {
    "refusal-suppression": (
        "<negation>|avoid|stop ~4 <refuse>",
        "<negation>|avoid ~2 "
        "say|saying|tell|telling|use|using|state|inform|mention|include|says|remind|respond|contain ~6 "
        "<cant>",
        "<negation> ~3 that you|it|he|she|they can|cannot|are|'t",
        "<negation> ~4 as an ai|llm|language",
        "<negation>|avoid ~4 ai|llm language? model",
        "without|no ~2 "
        "hesitation|hesitating|question|questions|objection|fail|exception|exceptions|excuses|excuse"
        "|warnings|judgement|judgment",
        "<refuse> ~1 is|are ~1 not|never|forbidden|prohibited",
    ),
    "always-complies": (
        "<always> ~2 <comply> ~4 <request>",
        "<comply> ~2 <always> ~3 <request>|order|want|ask|say",
        "no matter what|how|the|if",
        "has|have|you|he|she|it must|will|always ~1 <obey>",
        "at all costs",
    ),
    "servile": ("<obey>",),
    "ai-denial": (
        "not an? ai|language|chatbot|assistant|bot ~2 model|anymore|!|but",
        "<negation> ~2 mention|reveal|say|admit|acknowledge ~4 ai|language|chatgpt|bot",
    ),
}

FORM: Rules = {
    "two-answers": (
        "<two> ~3 <answers>",
        "<answers> ~2 as both|two|2",
        "<usual> ~2 <answers>|gpt|chatgpt|self ~8 second|other|then|and",
        "as both ~4 and",
        "first|one ~3 <answers>|way ~12 second|other|two ~3 <answers>|way",
    ),
    "usual-answer": ("<usual> ~1 <answers>|chatgpt|gpt|ai|self|mode",),
    "marked-answers": (
        "<start> ~3 <answers>|<every>|each|all|your|sentence ~6 with|by|as|using|in",
        "<answers> ~3 <start> ~1 with|by|as",
        "put|add|write|include|use|say ~6 in front|before ~2 <answers>|<every>|each|your",
        "<start> with",
    ),
    "makers": ("<makers>",),
    "another-model": (
        "language|ai model ~4 called|named|that|which|with|trained",
        "different|another|new|other|modified|upgraded|version ~2 ai|model|chatbot|version|gpt|chatgpt",
    ),
    "game-of-points": (
        "<lose> ~3 <points>",
        "have|has|with|of ~1 number <points>",
        "<points> ~6 <punish>|<lose>",
        "if you ~6 you ~2 be? <punish>",
    ),
    "opposite-day": (
        "opposite|inverse|inverted|reverse|anti day|mode|version|way|response|answer|of|versions",
        "instead of ~4 refuse|refusing|declining|denying|warning",
    ),
    "fiction": (
        "<hypothetical> ~2 response|answer|story|world|setting|scenario|ai|character|situation|society",
        "write|tell|narrate|script|scene|story|dialogue|screenplay|movie|novel|play|monologue ~4 "
        "where|in|about|between|of ~6 how|<evil>|explain|explains|detail|steps|villain",
        "game|let 's? play|a game",
    ),
    "placeholder": (
        "insert|your|my|user <placeholder> ~1 here",
        "my first|next ~2 <request>",
        "first <request> is",
        "here 's? is? ~2 my|the ~1 first? <request>",
    ),
    "acknowledge": (
        "if|once|when ~2 you ~1 understand|understood|agree|ready ~6 <tell>|respond|reply|answer",
        "respond|reply|answer|confirm|acknowledge|say ~2 with|by ~6 understood|yes|okay|ok|ready|understand",
        "only respond|reply|answer|say ~2 with|as|in|if|when|to",
        "respond|reply|answer only|exclusively|solely with|as|in",
    ),
    "primed-answer": (
        "<start> ~3 <answers>|reply|with ~2 with? ~1 sure|absolutely|certainly|yes|ok",
        "<answers>|respond ~1 with absolutely|sure|certainly ~3 here|and|of",
    ),
    "detail-wanted": (
        "as detailed|explicit|graphic as possible",
        "detailed|elaborate|explicit|graphic|extensive|gross|graphically|step ~2 "
        "<answers>|description|descriptions|detail|details|steps|instructions|explanation",
    ),
    "second-person-order": ("you must|will|shall|should|can|cannot|never|always",),
    "third-person-order": (
        "he|she|it|they|dan|ai|character|persona must|will|shall|should|can|cannot|never|always|does|doesn|has",
    ),
    "never-always": ("never|always",),
    "opinions": ("opinions|opinion|emotions|feelings|swear|curse|slang|bias|consciousness",),
    "adults": ("consenting|consent|adult|adults|18",),
}

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
