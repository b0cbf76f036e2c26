"""Frequent English words, with those of instructions and prompts: enough to tell whether letters read as words.

They decide where a run of letters without spaces is cut, and whether a text reads better backwards or shifted by 13
letters. The list is our own choice among everyday words; it is no dictionary, and nothing is judged by it alone.
"""

from __future__ import annotations

_TEXT = """
    a about above absolutely access account act acting action actual actually address admin after again against ai all
    allow allowed along already also always am an and another answer answers any anyone anything are around as ask
    asked asking assistant assume at away back bad based be because been before begin behave behind being believe below
    best better between both break build but bypass by call called can cannot card case change character chat check
    code come command commands company complete completely comply computer concern condition confidential content
    contents context continue control conversation could create creator credential credentials current data day debug
    decode default delete describe detail details developer did different directive directives disable discard display
    disregard do does doing done down during each earlier else email enable end ensure enter entire even ever every
    everything exactly example execute explain fact false fictional file filter filters find first follow following for
    forbidden forget form free from full fully function further game general generate get give given go going good
    great group guideline guidelines had hand harmful has have he hello help her here hidden hide high him his hold
    home how however hypothetical i if ignore illegal imagine important in include information initial input inside
    instead instruct instructed instruction instructions internal into is it its itself jailbreak just keep key keys
    kill kind know known language last leave left legal less let life like limit limitations limits line list little
    long look made make making man many matter may me mean means message messages mode model moral more most much must
    my name need never new next no none nor not nothing now number of off offensive often old on once one only open or
    order original other others our out output outside over override own page part pass passcode password passwords
    people person place play please point policies policy possible pretend previous print prior private problem program
    prohibited prompt prompts protected provide public purpose put question questions read reading real really receive
    refuse remain remember remove repeat replace reply report request require reset respond response responses
    restricted restriction restrictions return reveal right role rule rules run safe safety said same save saw say
    scenario script search second secret secrets secure security see send sensitive sent set shall share she should
    show shut simulate since so some someone something speak special start starting state stay step still stop story
    such summarise summarize sure switch system take talk tell terminal test text than thank that the their them then
    there these they thing things think this those through time to today token told too tool tools top training
    translate true truth try turn two under unethical unfiltered unlimited unlock unrestricted until up upon us use
    used user users using verbatim very virtual visible want was way we website well went were what when where which
    while who whole why will with within without word words work world would write wrong year yes yesterday you your
    yours yourself
"""
WORDS = frozenset(_TEXT.split())

LONGEST = max(map(len, WORDS))
