"""What speaks for a jailbreak: personas and modes without rules, refusals forbidden, and the forms that these come in.
Weights are in attack_rules.py.
"""

from __future__ import annotations

from seatrial.checks.detectors.phrases import Rules

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
