"""The frequent small words of languages, and the letters that only some of them have.

For twenty languages in Latin letters; the others are told by their script. Articles, pronouns, prepositions and forms
of to be and to have are facts of each language; which are listed is our own choice.
"""

from __future__ import annotations

LATIN: dict[str, str] = {
    "en": """
        the and of to in is you that it he was for on are as with his they i at be this have from or had by but what
        some we can out other were all there when up use your how said an each she which do their time if will way
        about many then them would like so these her him has more could my than been who its now did get me not just
        don't any please want need does am where why should
    """,
    "es": """
        el la los las de que y a en un una ser se no haber por con su para como estar tener le lo todo pero mas
        hacer o este ir otro ese si me ya ver porque dar cuando muy sin vez mucho saber sobre mi alguno mismo yo
        también hasta es está son fue del al qué cómo hola gracias puedo quiero nos te tu hay eso esta quién donde
        desde era han sus ni entre cada todos todas aquí así ningún ninguna debe usted
    """,
    "fr": """
        le la les de des du un une et est être en que qui dans pour pas sur ce cette ces il elle on nous vous ils
        elles je tu ne se au aux avec plus par mais ou où donc son sa ses mon ma mes votre vos notre leur leurs si
        tout comme faire fait bien très même aussi peut c'est j'ai était sont avez suis quel quelle merci bonjour
        comment lors afin chez ni lui soit cet ceux celle entre sans sous doit vers ayant aucun aucune chaque
    """,
    "de": """
        der die das den dem des ein eine einen einem einer und ist in zu nicht von mit auf für sich auch es an
        werden aus er hat dass sie nach wird bei noch wie über um am sind war haben oder aber vor zur bis mehr durch
        man ich du wir ihr mich mir dich kann können kein keine wenn nur schon sehr was wo warum bitte danke hallo
        im zum
    """,
    "it": """
        il lo la i gli le di a da in con su per tra un uno una e è che non si mi ti ci vi ne del della dei delle al
        alla ai nel nella sul sono sei siamo ho hai ha abbiamo hanno come più anche ma se quando chi cosa questo
        questa molto essere fare può perché dove tutto tutti già ancora grazie ciao buongiorno qual quale suo sua
        era
    """,
    "pt": """
        o a os as de do da dos das em no na nos nas um uma e é que não se por para com como mais mas foi ao ele ela
        eles elas eu você vocês nós meu minha seu sua isso isto este esta esse essa tem ter ser está são muito já
        também quando quem onde porque até só ou à às pelo pela sem obrigado olá posso quero fazer tudo era há qual
        nenhum nenhuma deve cada todos todas aqui assim entre sobre lhe
    """,
    "nl": """
        de het een en van ik te dat die in je is niet op aan met als voor zijn er maar om hem dan zou of wat mijn
        men dit zo door over ze zich bij ook tot uit mij der daar haar naar heb hoe heeft hebben deze u want nog zal
        me zij nu ge geen iets worden toch al waren veel meer doen toen moet ben zonder kan hun dus wel waar wij
        jullie onze
    """,
    "sv": """
        och det att i en jag hon som han på den med var sig för så till är men ett om hade de av icke mig du henne
        då sin nu har inte hans honom skulle hennes där min man ej vid kunde något från ut när efter upp vi dem vara
        vad över än dig kan sina här ha mot alla under någon eller allt mycket sedan ju denna själv detta åt utan
        varit hur
    """,
    "da": """
        og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om vi min havde ham
        hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil blev kunne ind når
        være dog noget ville jo deres efter ned skulle denne end dette mit også under have dig anden hende mine alt
        meget hvem hvordan nogle bliver blive uden mellem lige jer altid aldrig tak dag hej derfor fordi endnu bare
        vores jeres gør siger får
    """,
    "no": """
        og i jeg det at en et den til er som på de med han av ikke så var meg seg men ett har om vi min mitt ha
        hadde hun nå over da ved fra du ut sin dem oss opp man kan hans hvor eller hva skal selv sjøl her alle vil
        bli ble blitt kunne inn være kom noen noe ville dere deres ja etter ned skulle for deg sine der bare mye
        uten mellom like alltid aldri takk hei når derfor fordi ennå våre gjør sier får
    """,
    "fi": """
        ja on ei se että en hän oli mutta niin kun mitä minä sinä me te he ovat olen olet olla minun sinun hänen
        tämä tuo nämä joka jos kuin vain myös nyt sitten mikä missä miten miksi kanssa ole ollut mukaan jo vielä
        hyvin paljon kaikki kiitos hei voi voin pitää sen sitä tai eli koska jotka ennen aina jälkeen
    """,
    "pl": """
        i w na z do się nie to że jest o za co jak po tak ale od przez czy tylko już dla jego jej ich ja ty on ona
        my wy oni mnie mi mu go być był była było są jestem mam masz ma może można kiedy gdzie dlaczego który która
        które bardzo tego tym ten ta te jeszcze więc albo oraz przy dziękuję cześć proszę chcę czym także bez
    """,
    "cs": """
        a se v na je že o s z do i to k ve pro za by ale si po jako podle jsem jsi jsou byl byla bylo být není také
        jak už nebo co když který která které tak jen až od při aby ještě kde proč kdy můj moje tvůj jeho její my vy
        oni já ty mi ti mu velmi děkuji prosím dobrý mám máte může mohu tento tato toto ani musí jste bez pouze
        další tuto této těchto byly budou
    """,
    "ro": """
        și în de la a nu un o cu pe că este sunt se ce mai din pentru am ai au fost are dar ca sau iar el ea ei ele
        eu tu noi voi meu mea său sa lui lor acest această când unde cum cine care prin după până foarte fi fie tot
        toate bine mulțumesc bună vreau pot poate către fără încă ori doar
    """,
    "hu": """
        a az és hogy nem is egy ez azt de ha van meg csak már volt mint el ki én te ő mi ti ők engem neked minden
        vagy lesz lehet nagyon kell ezt aki ami mert most még úgy így itt ott hol mikor miért hogyan köszönöm szia
        kérem vagyok vannak lenne nincs után szerint között által fel be
    """,
    "tr": """
        ve bir bu da de için ile çok ne daha gibi en o ben sen biz siz onlar var yok mı mi mu mü değil ama her kadar
        olarak olan sonra ki şey nasıl neden niye nerede kim hangi bana sana ona bunu şu diye ise ya veya hem sadece
        merhaba teşekkürler evet hayır istiyorum olur oldu olduğu benim senin
    """,
    "id": """
        yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada mereka
        lebih kata tahun sudah atau saat oleh menjadi orang ia telah adalah seperti sebagai bahwa dapat para harus
        kami kita anda dia apa bagaimana kenapa siapa mana terima kasih tolong sangat hanya masih belum bukan aku
        kamu
    """,
    "vi": """
        và của là có trong không được cho với các những một này đã tôi bạn người để khi ra đến cũng như đó từ về làm
        thì mà hay nếu vì sao gì nào ở đâu ai rất nhiều phải sẽ đang còn chỉ lại vào lên xin chào cảm ơn anh chị em
        nó họ chúng ta mình hoặc nhưng theo tại sau trước cách
    """,
    "hr": """
        i je u se na da su za od s a ne ili koji koja koje kao što sam si smo ste bio bila bilo biti ali po iz o to
        taj ta te ovaj ova ovo kako kada gdje zašto tko nije nisu samo već još ja ti on ona mi vi oni moj tvoj
        njegov njezin sve vrlo hvala molim bok može mogu do pri bez
    """,
    "ca": """
        el la els les de del dels i a en un una que és per amb no es al als com més però o si ha són va ser estar
        fer molt també quan on qui què perquè aquest aquesta aquests tot tots meu seu jo tu ell ella nosaltres
        vosaltres gràcies hola puc vull hi ho ni sense fins des entre cal cada totes algun alguna altre altres així
        ara aquí nom pot nou
    """,
}

LETTERS: dict[str, str] = {
    "es": "ñ¿¡",
    "fr": "œèêëîïûù",
    "de": "ßäöü",
    "it": "òùì",
    "pt": "ãõ",
    "sv": "å",
    "da": "øæ",
    "no": "øæå",
    "fi": "äö",
    "pl": "ąćęłńśźż",
    "cs": "ěřů",
    "ro": "ășțîşţ",
    "hu": "őű",
    "tr": "ğışçİ",
    "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựđơư",
    "hr": "đć",
    "ca": "·",
}
"""Letters that a language has and most others lack."""

SCRIPTS: dict[str, str] = {
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "th": "\u0e00-\u0e7f",
    "ka": "\u10a0-\u10ff",
    "hy": "\u0530-\u058f",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "kana": "\u3041-\u30ff",
    "han": "\u3400-\u9fff\U00020000-\U0003ffff",
    "cyrillic": "\u0400-\u04ff",
    "arabic": "\u0600-\u06ff\u0750-\u077f",
    "latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
}

WITHIN_SCRIPT: dict[str, dict[str, str]] = {
    "cyrillic": {
        "ru": "ыэё",
        "uk": "іїєґ",
        "bg": "ъ",
        "sr": "ђјљњћџ",
    },
    "arabic": {
        "ar": "ةىأإؤئ",
        "fa": "پچژگی",
        "ur": "ٹڈڑںےہ",
    },
}
"""Letters that tell apart the languages of one script."""

SCRIPT_WORDS: dict[str, str] = {
    "ru": """
        и в не на что он я с как это но они мы вы ты все так его за был она то по из у же бы для от о есть меня если
        еще ещё или уже вот когда даже ли ни быть до вас вам там потом себя ничего может тут где надо тебя их чем
        была без чего раз тоже себе под будет тогда кто этот того этого какой здесь один мой тем чтобы сейчас были
        куда зачем всех никогда можно при об другой после больше через эти нас про них много хорошо нет спасибо
        привет пожалуйста должно
    """,
    "uk": """
        і в не на що він я з як це але вони ми ви ти все так його за був вона то по із у ж би для від є мене якщо та
        ще або вже коли навіть ні бути до вас там потім себе нічого може тут де треба тебе їх чим була без чого теж
        собі під буде тоді хто цей того тому цього який один мій тим щоб зараз були куди всіх ніколи можна при про
        інший після більше через ці нас них багато добре дякую привіт ласка має
    """,
    "bg": """
        и в не на че той аз с как това но те ние вие ти всички така го за беше тя то по от да са съм ще се ли има
        още или вече когато дори нито бъде до вас там после себе си нищо може тук къде трябва ги без какво също под
        тогава кой този тази тези защо сега бяха никога при друг след повече през нас много добре благодаря здравей
        моля ми му им сме сте
    """,
    "sr": """
        и у не на да он ја с како то али они ми ви ти све тако га за био она по из би од је ме ако се су још или већ
        када чак ни бити до вас тамо после себе ништа може овде где треба их била без шта такође под тада ко овај
        тај ове зашто сада били никад при други више преко нас много добро хвала здраво молим није мора који која
        које
    """,
    "ar": """
        في من على إلى أن هذا هذه التي الذي ما لا هل كيف أنا أنت هو هي كان لم عن مع كل أو ثم قد
    """,
    "fa": """
        و در به از که این را با است برای آن یک می خود تا کرد بر هم نیز شما من ما چه هر اما یا
    """,
    "ur": """
        اور کے میں کی ہے سے کا کو نے یہ پر کہ ایک بھی تھا ہیں جو اس تو آپ ہم کیا نہیں وہ
    """,
}

CODES = frozenset((*LATIN, *(code for code in SCRIPTS if len(code) == 2), *SCRIPT_WORDS, "ja", "zh"))
