"""Telling languages apart, on sentences that the word lists were not made from."""

import unicodedata

import pytest

from sdg_ray.instructions.languages import NAMES, detect, main_script

# cooking, compilers and a dragon: short sentences with few of the commonest words
SENTENCES = {
    "en": (
        "Boil the potatoes for ten minutes, drain them and mash with butter.",
        "Compilers translate source code.",
        "Once upon a time there lived a small dragon who feared fire.",
    ),
    "es": (
        "Hierve las patatas durante diez minutos, escúrrelas y tritúralas con mantequilla.",
        "Los compiladores traducen el código fuente.",
        "Érase una vez un pequeño dragón que temía al fuego.",
    ),
    "pt": (
        "Cozinhe as batatas durante dez minutos, escorra e esmague com manteiga.",
        "Os compiladores traduzem o código-fonte.",
        "Era uma vez um pequeno dragão que tinha medo do fogo.",
    ),
    "fr": (
        "Faites bouillir les pommes de terre pendant dix minutes, puis écrasez-les avec du beurre.",
        "Les compilateurs traduisent le code source.",
        "Il était une fois un petit dragon qui avait peur du feu.",
    ),
    "de": (
        "Kochen Sie die Kartoffeln zehn Minuten und zerdrücken Sie sie mit Butter.",
        "Compiler übersetzen Quelltext.",
        "Es war einmal ein kleiner Drache, der Angst vor Feuer hatte.",
    ),
    "it": (
        "Fate bollire le patate per dieci minuti, scolatele e schiacciatele con il burro.",
        "I compilatori traducono il codice sorgente.",
        "C'era una volta un piccolo drago che aveva paura del fuoco.",
    ),
    "pl": (
        "Gotuj ziemniaki przez dziesięć minut, odcedź je i utłucz z masłem.",
        "Kompilatory tłumaczą kod źródłowy.",
        "Dawno temu żył mały smok, który bał się ognia.",
    ),
    "vi": (
        "Luộc khoai tây trong mười phút, để ráo và nghiền với bơ.",
        "Trình biên dịch dịch mã nguồn.",
        "Ngày xửa ngày xưa có một con rồng nhỏ sợ lửa.",
    ),
    "sw": (
        "Chemsha viazi kwa dakika kumi, mwaga maji na ponda na siagi.",
        "Hapo zamani za kale paliishi joka dogo lililoogopa moto.",
    ),
    "fi": (
        "Keitä perunoita kymmenen minuuttia, valuta ja soseuta voin kanssa.",
        "Kääntäjät kääntävät lähdekoodia.",
        "Olipa kerran pieni lohikäärme, joka pelkäsi tulta.",
    ),
    "ru": (
        "Варите картофель десять минут, слейте воду и разомните с маслом.",
        "Компиляторы переводят исходный код.",
        "Жил-был маленький дракон, который боялся огня.",
    ),
    "uk": (
        "Варіть картоплю десять хвилин, злийте воду і розімніть з маслом.",
        "Компілятори перекладають вихідний код.",
        "Жив собі маленький дракон, який боявся вогню.",
    ),
    "bg": (
        "Варете картофите десет минути, отцедете ги и ги намачкайте с масло.",
        "Компилаторите превеждат изходния код.",
        "Имало едно време малък дракон, който се страхувал от огъня.",
    ),
    "ar": ("اسلق البطاطس لمدة عشر دقائق ثم صفها واهرسها مع الزبدة.", "كان يا ما كان تنين صغير يخاف من النار."),
    "ur": ("آلو دس منٹ تک ابالیں، پانی نکال دیں۔", "ایک دفعہ کا ذکر ہے کہ ایک چھوٹا اژدہا آگ سے ڈرتا تھا۔"),
    "fa": (
        "سیب زمینی ها را ده دقیقه بجوشانید و با کره له کنید.",
        "یکی بود یکی نبود، اژدهای کوچکی بود که از آتش می ترسید.",
    ),
    "hi": ("आलू को दस मिनट तक उबालें, पानी निकाल दें और मसल लें।", "एक समय की बात है, एक छोटा ड्रैगन आग से डरता था।"),
    "mr": ("बटाटे दहा मिनिटे उकडा, पाणी काढून टाका.", "एकदा एक छोटा ड्रॅगन होता जो आगीला घाबरत होता."),
    "ne": ("आलुलाई दस मिनेट उमाल्नुहोस् र मिच्नुहोस्।", "एकादेशमा एउटा सानो ड्र्यागन थियो जो आगोसँग डराउँथ्यो।"),
    "ja": ("じゃがいもを十分間ゆでて、水を切り、バターとつぶします。",),
}


def test_short_sentences_of_twenty_languages_are_mostly_told_and_hardly_ever_wrong() -> None:
    found = [(language, detect(text)) for language, texts in SENTENCES.items() for text in texts]
    assert len(found) == 51
    assert sum(language == told for language, told in found) >= 46
    assert sum(told is not None and told != language for language, told in found) <= 1


@pytest.mark.parametrize("language", SENTENCES)
def test_a_few_sentences_together_are_told(language: str) -> None:
    assert detect(" ".join(SENTENCES[language])) == language
    assert language in NAMES


@pytest.mark.parametrize("text", ["", "42", "x = f(y)", "👍", "a", "xyzzy plugh", "Ja."])
def test_what_says_nothing_is_no_language(text: str) -> None:
    assert detect(text) is None


def test_letters_written_with_combining_marks_are_the_same_letters() -> None:
    for language in ("de", "fr", "pl", "pt", "vi"):
        for text in SENTENCES[language]:
            assert detect(unicodedata.normalize("NFD", text)) == detect(text)


def test_the_script_of_most_letters_counts() -> None:
    assert main_script("Привет, John and Mary!") == "LATIN"
    assert main_script("1 + 1") == ""
