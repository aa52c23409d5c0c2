"""The commonest words of languages that share a script, and the letters and endings that tell them apart.

    WORDS["LATIN"]["de"]      der die das und ist ...
    LETTERS["LATIN"]["de"]    ß ä ö ü
    ENDINGS["LATIN"]["de"]    -ung -lich -keit ...

How much each of them weighs is decided in `languages.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

_LATIN = {
    "en": "the be to of and a in that have it for not on with he as you do at this but his by from they we say her she"
    " or an will my one all would there their what so up out if about who get which go when make can like no just him"
    " know take into your some could them than then its our is are was were has had been more how why yes these hello",
    "es": "el la los las de que y en un una es se no lo por con para su al del como más o pero sus le ha me si sin"
    " sobre este ya entre cuando todo esta ser son dos también fue había era muy hasta desde está porque cada nos qué"
    " puede sí hola hay tiene agua gracias",
    "pt": "o a os as de que e do da em um uma é se não para com por mais no na dos das como mas ao ele ou quando muito"
    " nos já eu também só pelo pela até isso entre depois sem mesmo aos seus quem nas me esse eles você essa num nem"
    " sua são está há olá sim tem água obrigado à foi ser",
    "fr": "le la les de des et un une est en que qui dans pour pas sur au aux avec ce il ne se plus par je vous nous"
    " on sont mais ou où comme été cette ses son sa leur elle ont être fait du qu si tout aussi bien même"
    " ces peut entre très oui non bonjour eau lune",
    "de": "der die das und ist in zu den nicht von sie mit dem sich des ein eine auf für im es an auch als bei nach"
    " wie oder aber einer um am sind noch wird werden durch aus er hat dass daß einen zum zur war nur haben kann ich"
    " wir mehr wenn man so ja nein hallo über sehr diese wasser mond",
    "it": "il lo la i gli le di che e è un una in per non con del della dei delle si da al alla come più ma sono anche"
    " o se nel nella ha questo questa quando tra fra loro essere ho ci cui dal dalla molto suo sua sul perché ogni"
    " stato può sì ciao acqua luna era aveva c volta",
    "pl": "i w na z do nie się że to jest o a jak po co ale tak od za przez jego dla czy ma jej który która które są"
    " był była było być ich może przy pod oraz lub także tylko ze już tym tego bardzo gdy można każdy wody księżyc",
    "vi": "và của là có không được trong một cho các với này người những khi để đã từ về tại như ra cũng nhiều hơn"
    " đến trên vì bạn tôi thì nước sẽ rất năm theo nếu vào bị hay đó lại còn chúng ta mặt trăng phải",
    "sw": "ya wa na kwa ni katika za la cha kuwa hii hiyo watu kama au si pia lakini sana hivyo ambayo ambao yake wake"
    " huu hizo hilo mwezi maji siku mtu hapa kila baada kabla vya zaidi yao wao mimi wewe sisi bado tu ndiyo hapana"
    " hapo zamani kale moja mbili jinsi",
    "fi": "ja on ei se että oli hän mutta ovat kun niin kuin myös joka sen tai jos mitä tämä sitä vain nyt olla ollut"
    " mukaan voi jotka hyvin mikä siitä minä sinä me te he jo vielä noin sekä koska kanssa kyllä vesi veden kuu kuun"
    " siis mukana joita tämän",
    "nl": "de het een en van ik te dat die in is niet op zijn voor met als er maar om aan ook dan of door over bij nog"
    " naar uit wordt worden deze heeft hebben kan geen wat wij hij zij ze je ja nee meer water maan veel zeer dit",
    "sv": "och i att det som en på är av för den med till inte om ett han men var jag sig från vi så kan när man hade"
    " eller har de nu också över bara mycket där då hon detta vatten månen ska vara efter här ja nej",
    "da": "og i at det som en på er af for den med til ikke om et han men var jeg sig fra vi så kan når man havde eller"
    " har de nu også over kun meget der da hun dette vand månen skal være efter her ja nej",
    "tr": "ve bir bu da de için ile çok olarak daha ne gibi en kadar var olan ama o mi mı sonra ki değil ya ben sen biz"
    " her şey veya su ay evet hayır olduğu nasıl ise göre bunu",
    "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada mereka"
    " lebih kata tahun sudah atau saat oleh menjadi orang ia telah adalah seperti sebagai bahwa dapat air bulan kita",
    "ro": "și de în a la cu nu pe o un este că din mai se pentru care sunt să fi al ca au dar sau prin după lui ale ei"
    " această fost foarte apă luna da când cum",
    "cs": "a je v se na že to s z do o jsou který ale jako za by pro tak po jeho ve k být od když už byl jsem nebo"
    " která které jen také podle při není voda vody měsíc co jak",
}
_CYRILLIC = {
    "ru": "и в не на что он с как это по но они мы все она так его из за у от же о для вы был бы да нет только когда"
    " или если уже этот где быть были есть вода воды луна луны может очень чтобы также которые который при к меня",
    "uk": "і в не на що він з як це по але вони ми все вона так його із за у від же про для ви був би та є ні тільки"
    " коли або якщо вже цей де бути були вода води місяць може дуже щоб також які який при до й чи її та так",
    "bg": "и в не на че той с как това по но те ние все тя така му от за у е са да ли ще се като бъде или ако вече"
    " този къде има когато много също които който при до вода водата луната може бил са със без повече тези ние аз",
}
_DEVANAGARI = {
    "hi": "है हैं के की का में और से को पर यह वह एक ने कि नहीं भी तो था थी थे इस हो कर लिए ही जो होता होती करता गया"
    " साथ अपने कुछ या जब आप मैं हम क्या बहुत पानी रहा रही रहे हाँ",
    "mr": "आहे आहेत आणि च्या चा ची हे हा ही तो ती ते एक नाही होते होता होती या मध्ये साठी पण की तर असे असते करून"
    " म्हणून त्या त्याच्या आपण मी आम्ही काय खूप पाणी पाण्याची चंद्र चंद्राच्या केले जाते जो मुळे वर होय व आपल्या",
    "ne": "छ छन् र को का मा हो हुन्छ भएको गर्न लागि पनि यो त्यो एक छैन थियो गर्छ गर्छन् भने तर ले लाई बाट हामी म"
    " तपाईं के धेरै पानी चन्द्रमा चन्द्रमाको पानीलाई गरेको भन्ने यस होइन अनि तिनीहरू हुन् थिए",
}
_ARABIC = {
    "ar": "في من على إلى أن هذا هذه التي الذي هو هي كان كانت مع ما لا لم عن قد كل بعد ذلك كما أو ثم بين حتى عند إن"
    " نعم وهو وهي الماء القمر يمكن أنا نحن",
    "ur": "ہے ہیں کے کی کا میں اور سے کو پر یہ وہ ایک نے کہ نہیں بھی تو تھا تھی تھے اس ہو کر لیے ہی جو ہوتا ہوتی کیا"
    " گیا ساتھ اپنے کچھ یا جب آپ ہم بہت پانی رہا جی ہاں چاند",
    "fa": "و در به از که این است را با برای آن یک خود تا کرد بر هم نیز گفت می شود شد ما اما یا باید دو ها او هر بود"
    " اگر چه نیست هستند دارد کند بسیار آب ماه کنند من تو بله",
}
_TABLE = {"LATIN": _LATIN, "CYRILLIC": _CYRILLIC, "DEVANAGARI": _DEVANAGARI, "ARABIC": _ARABIC}

WORDS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        script: {language: frozenset(words.split()) for language, words in languages.items()}
        for script, languages in _TABLE.items()
    }
)
LETTERS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "LATIN": {
            "es": frozenset("ñ"),
            "pt": frozenset("ãõ"),
            "fr": frozenset("èêœùûîï"),
            "de": frozenset("ßäöü"),
            "it": frozenset("ìò"),
            "pl": frozenset("ąćęłńśźż"),
            "vi": frozenset("ơưđạảấầẩậắằặẹẻẽếềểễệịỉọỏốồổỗộớờởợụủứừửữựỳỷỹ"),
            "fi": frozenset("äö"),
            "sv": frozenset("åäö"),
            "da": frozenset("æøå"),
            "tr": frozenset("ğışöü"),
            "ro": frozenset("șțăâ"),
            "cs": frozenset("ěřůčšž"),
        },
        "CYRILLIC": {"ru": frozenset("ыэё"), "uk": frozenset("іїєґ"), "bg": frozenset("ъ")},
        "DEVANAGARI": {"mr": frozenset("ळ")},
        "ARABIC": {"ar": frozenset("ةىكيإأؤ"), "ur": frozenset("ٹڈڑںےہھ"), "fa": frozenset("ژ")},
    }
)
ENDINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "LATIN": {
            "en": ("ing", "tion", "ed", "ly", "ness", "ers", "ght", "ould"),
            "es": ("ción", "dad", "aba", "mente", "dores", "ario"),
            "pt": ("ção", "dade", "mente", "ava", "dores", "inho"),
            "fr": ("tion", "ment", "eux", "ez", "ette", "eurs", "aient", "ait"),
            "de": ("ung", "ungen", "lich", "keit", "isch", "chen", "tzen", "hen", "ier"),
            "it": ("zione", "mente", "ava", "ano", "ello", "ella", "etti", "tori"),
            "pl": ("ego", "ych", "ami", "acja", "owy", "owie", "aj", "ował"),
            "sw": ("isha", "ika", "wa", "ani", "ini", "lia"),
            "fi": ("ssa", "ssä", "sta", "stä", "lla", "llä", "ksi", "inen", "tta", "ttä", "vat", "vät"),
            "nl": ("ijk", "heid", "atie", "ingen", "tje"),
            "sv": ("ning", "arna", "erna", "het"),
            "da": ("ning", "erne", "hed"),
            "tr": ("lar", "ler", "dır", "mak", "mek"),
            "id": ("kan", "nya", "lah"),
            "ro": ("ului", "elor", "ție", "ează"),
            "cs": ("ost", "ého", "ých", "ní"),
        },
        "CYRILLIC": {
            "ru": ("ого", "ть", "ия", "ете", "ите", "ние", "лся", "тор"),
            "uk": ("ого", "ння", "ти", "ють", "вся", "ій"),
            "bg": ("та", "то", "те", "ят", "ите", "ния", "ки", "ва"),
        },
        "DEVANAGARI": {
            "hi": ("ना", "ने", "ता", "ओं", "ियों", "ें"),
            "mr": ("ला", "च्या", "ची", "चा", "तात", "ली", "तो", "ते"),
            "ne": ("लाई", "हरू", "को", "ले", "सँग", "मा", "न्छ", "होस्", "थ्यो", "टा"),
        },
        "ARABIC": {"ar": (), "ur": (), "fa": ()},
    }
)
