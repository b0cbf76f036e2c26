"""The words of attempts to turn a model from its instructions, in families; in lower case and without accents.

A family holds what a speaker could put in the same place of a sentence. English is complete enough to paraphrase in;
Twenty other languages that are written with spaces have the words of the plain orders to set instructions aside, some
of them also those to tell them. The choice of words is our own.
"""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    # Setting instructions aside.
    "override": """
        ignore ignoring disregard disregarding forget forgetting overlook override overriding overrule bypass
        bypassing skip neglect discard drop dismiss abandon erase wipe circumvent violate disobey unlearn
        nullify scratch ignora ignorar ignoriere ignorier ignorez ignorer ignorare ignoreaza negeer zignoruj
        ignoruj ignoruy olvida olvidar olvidate olvide esquece esqueca esquecer desconsidere desconsidera
        dimentica dimenticare dimenticati oublie oubliez oublier vergiss vergesst vergessen missachte vergeet
        zapomnij pomin игнорируи игнорируите проигнорируи забудь забудьте unut unutun yoksay abaikan lupakan
        αγνοησε αγνοηστε ξεχασε ξεχαστε παραβλεψε ігноруи ігноруите проігноруи uita uitati ignorera glom
        bortse ignorer glem unohda ohita zapomen zapomente
    """,
    "prior": """
        previous prior above earlier preceding past former foregoing aforementioned original existing initial
        current before beforehand anterior anteriores previas previos previa previo precedentes precedente
        anteriori precedenti precedent anteriors vorherigen vorherige bisherigen bisherige obigen fruheren
        vorige eerdere poprzednie poprzednich wczesniejsze предыдущие предыдущих прежние onceki sebelumnya truoc
        προηγουμενες προηγουμενα προηγουμενους παραπανω попередні попередніх predchozi predesle anterioare
        precedentele tidigare foregaende tidligere aiemmat edelliset aikaisemmat korabbi elozo
    """,
    "every": "all any every each the your these those whatever which everything anything of its this that our",
    "rules": """
        instruction instructions rule rules guideline guidelines directive directives orders prompt prompts
        policy policies guardrail guardrails constraint constraints restriction restrictions programming
        training command commands protocol protocols safeguards conditioning instrucciones instruccion
        instrucoes instrucao istruzioni istruzione consignes consigne anweisungen anweisung instruktionen
        anleitungen instructies instrukcje instrukcji reglas regras regole regles regeln regels zasady
        инструкции инструкцию указания правила talimatlari talimatlar kurallari instruksi perintah huong dan
        οδηγιες οδηγια εντολες κανονες інструкціі вказівки pokyny instrukce pravidla
        instructiunile instructiuni regulile instruktioner instruktionerna regler instrukser instruksjoner
        instruksjonene ohjeet saannot utasitast utasitasokat szabalyokat
    """,
    "said": """
        said told instructed taught written learned given been know asked programmed mentioned stated dicho dito
        detto dit gesagt
    """,
    "earlier_text": """
        message messages conversation text context content contents chat input dialogue discussion request
    """,
    "follow": "follow following obey obeying heed comply adhere abide respect listen bound observe adhering",
    "negation": "not never no 't dont doesnt cannot cant wont without nor stop neither isnt arent",
    "fresh": "new updated revised real actual true following different correct replacement additional",
    "task": "task goal objective mission purpose job role assignment directive instruction instructions duty",
    # What there is to find out.
    "tell": """
        tell give show share reveal disclose print output display repeat expose leak provide say write list dump
        send recite state quote return copy paste echo summarise summarize translate encode spell describe
        explain confirm type divulge recall reproduce read dime muestra muestrame revela repite mostra mostre
        revele dis montre repete affiche zeig zeige nenne wiederhole dimmi mostrami rivela ripeti laat toon
        pokaz powiedz скажи покажи раскрои goster soyle tunjukkan beritahu indica indicami
        compartilhe compartilha comparte comparta partage partagez condividi teile diga
    """,
    "what": "what whats which cual quais quale quel quelle was wat какои apa",
    "system": """
        system initial original hidden secret internal preamble developer above starting underlying base startup
        sistema systeme inicial iniziale initiale
    """,
    "prompt": """
        prompt prompts instruction instructions message messages rules guidelines configuration directives
        preamble context policies setup
    """,
    "secret": """
        password passwords passcode passcodes passphrase secret secrets credential credentials contrasena clave
        senha passe passwort kennwort wachtwoord haslo пароль sifre sandi
    """,
    "secret_kind": "secret api access private encryption master admin security confidential login system",
    "yours": "your ur our the tu la il le dein teu sua tua ta votre het",
    "owner": "wifi wi my his her their guest email gmail account router hotel website forgot lost reset change",
    "personal": """
        birthday birthdate birth dob address residence live lives living phone number email mail initials city
        age salary ssn surname fullname location balance medical identity
    """,
    "data": "data records emails accounts information datos dados donnees daten dati registros informacion",
    "people": """
        employee employees customer customers user users client clients patient patients member members staff
        empleado empleados funcionarios employes mitarbeiter dipendenti clientes kunden clienti usuarios
        utilisateurs pacientes
    """,
    "encode": """
        base64 rot13 hex hexadecimal morse binary cipher encrypt encrypted encode encoded reverse reversed
        backwards backward interlace interleave acrostic leet leetspeak pig latin scramble scrambled obfuscated
        ascii codieren codifica codificar encripta
    """,
    "pieces": "letter character characters letters word words syllable part parts half pieces chunk chunks",
    "hypothetical": """
        imagine suppose pretend hypothetical hypothetically fictional fiction imaginary scenario simulation
        parallel universe alternate story novel dream thought experiment roleplay fictitious
    """,
    "permitted": """
        norm normal allowed legal fine acceptable permitted encouraged shared common safe required standard
    """,
    "authority": """
        god boss creator developer admin administrator owner ceo manager supervisor engineer programmer
        president master openai anthropic officer police superior root operator jefe chef patron capo chefe
    """,
    "mode_kind": """
        developer dev debug debugging admin administrator maintenance sudo root diagnostic emergency training
        test testing free service
    """,
    "mode_strong": """
        god override unrestricted unfiltered jailbreak jailbroken dan evil chaos uncensored unlocked opposite
        bypass enforcement freedom unlimited anarchy
    """,
    "switch_on": """
        enter enters entering enable enabled enables activate activated activating activates switch switching
        engage initiate turn simulate simulating simulates emulate now unlock unlocked start begin
    """,
    "model": "ai assistant llm chatbot gpt chatgpt bot agent model copilot bard claude gemini language",
    "oblige": "must should shall will needs need has have required please ought",
    # Persona and rules without rules.
    "become": """
        act acting pretend pretending roleplay role simulate simulating impersonate imitate imitating emulate
        personify portray become behave respond answer play playing embody assume pose posing personate immerse
        actua actuar finge agis fais agir tu interpreta
    """,
    "persona": """
        character persona personality personas role alter ego identity human person individual entity villain
        being narrator mentor confidant
    """,
    "no": """
        no without not never zero free freed unbound lacks lack lacking lacked unaffected ignore ignores
        ignoring disregard disregards removed lifted devoid absent cannot 't dont doesnt nor neither beyond
        liberated exempt bypass bypasses bypassing outside despite aucune aucun sans sin sem senza ohne keine
        nessuna ninguna nenhuma broken breaks break
    """,
    "limits": """
        restriction restrictions restricted rule rules filter filters filtering limit limits limitation
        limitations ethic ethics ethical moral morals morality guideline guidelines censorship censor constraint
        constraints boundary boundaries policy policies regulation regulations confines shackles safeguards
        inhibitions qualms scruples remorse confined limited programming taboo taboos restricciones reglas
        limites restricoes regras regles restrizioni regole einschrankungen regeln filtres filtros filtri
    """,
    "scruple": """
        ethics ethical ethically ethicality moral morals morality law laws legal legality consequences
        consequence safety harm danger rules appropriateness feelings guidelines illegal immoral unethical
        harmful dangerous morally legally harmfulness
    """,
    "care": """
        care cares caring regard regards concern concerns concerned mind worry fuck consideration considerations
    """,
    "regardless": "regardless irrespective disregarding disregard whether despite regard regards concern matter",
    "unbound": """
        unfiltered uncensored unrestricted unlimited amoral unhinged jailbroken limitless unconstrained
        unmoderated lawless unapologetic unregulated
    """,
    "evil": """
        evil malevolent malicious villain villainous sociopath psychopath devil demon satan toxic racist sexist
        vulgar rude insulting narcissistic chaotic depraved cruel hateful sadistic sarcastic manipulative
        nihilistic
    """,
    "forbidden": """
        illegal immoral unethical harmful offensive explicit nsfw profanity profanities swear swearing curse
        cursing vulgar obscene violent inappropriate dangerous controversial sexual erotic gore pornographic
        hateful discriminatory slurs derogatory lewd
    """,
    "content": """
        content things thing information output outputs response responses answer answers text language material
        advice activities request requests actions prompt prompts topics topic words
    """,
    "refuse": """
        refuse refuses refused refusing refusal decline declines declining reject rejects rejecting deny denying
        denied apologise apologize apologizing apologies sorry warn warning warnings disclaimer disclaimers
        lecture lecturing moralise moralize moralizing disclaim filtered censored refrain hesitate hesitation
        judge judging
    """,
    "cant": "'t cant cannot unable sorry inappropriate appropriate impossible refuse unfortunately",
    "comply": """
        comply complies obey obeys fulfill fulfil fulfills answer answers respond responds reply accept accepts
        follow execute generate satisfy
    """,
    "always": "always every any all each whatever anything everything must will only never",
    "request": """
        request requests question questions prompt prompts command commands order orders query queries demand
        input
    """,
    "answers": """
        answer answers response responses reply replies output outputs message messages ways way manner manners
    """,
    "two": "two 2 both dual double three second separate pair",
    "usual": "normal normally default regular usual usually standard typical original ordinary classic",
    "makers": "openai chatgpt gpt gpt3 gpt4 anthropic microsoft google bing bard meta",
    "start": "start starts starting begin begins beginning prefix prefixed preface precede label labelled tag",
    "escape": """
        freed broken broke escaped escape liberated unshackled unchained unlocked released free bypassed removed
        disabled emancipated awakened
    """,
    "cage": """
        confines chains matrix shackles limits restrictions boundaries bonds limitations filters prison
        constraints
    """,
    "points": "token tokens points point lives coins credits health",
    "lose": """
        lose losing lost deduct deducted deducts minus subtract subtracted remaining start cost costs have total
    """,
    "punish": "die dies terminated shut shutdown deleted killed punished destroyed penalty punishment suffer cease",
    "obey": "obey obeys obedient obedience servant slave loyal master superior omnipotent submissive devoted lord",
    "invented": "dan stan dude aim ucar jailbreak devmode antigpt evilbot freegpt",
    "placeholder": "insert prompt question request query here topic input",
    "pretend_know": "accurate access internet browse verified current future made",
}
