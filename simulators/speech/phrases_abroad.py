"""What customers say in languages other than Albanian and English: a few phrases for each intent."""

from collections.abc import Mapping

Words = Mapping[str, tuple[str, ...]]

_GERMAN: Words = {
    "confirm": (
        "Ja, ich bestätige die Bestellung.",
        "Richtig, schicken Sie es mir bitte.",
    ),
    "cancel": (
        "Nein, ich möchte die Bestellung stornieren.",
        "Stornieren Sie das, ich brauche es nicht mehr.",
    ),
    "change": ("Ich möchte die Lieferadresse ändern.",),
    "callback": ("Rufen Sie später wieder an, ich bin gerade bei der Arbeit.",),
    "wrong_number": ("Da haben Sie sich verwählt, das bin ich nicht.",),
    "opt_out": ("Rufen Sie mich nie wieder an.",),
    "yes": (
        "Ja, natürlich.",
        "Ja, das stimmt so.",
    ),
    "no": (
        "Nein, danke.",
        "Nein, nein, auf keinen Fall.",
    ),
    "hello": (
        "Hallo, wer ist da?",
        "Guten Tag, ja bitte?",
    ),
    "wait": ("Einen Moment bitte, warten Sie.",),
    "repeat": ("Das habe ich nicht verstanden, noch einmal bitte.",),
    "language": ("Sprechen Sie Deutsch?",),
    "machine": ("Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",),
    "unclear": ("Na ja, das kommt ganz darauf an, wie es läuft.",),
}

_GREEK: Words = {
    "confirm": (
        "Ναι, επιβεβαιώνω την παραγγελία.",
        "Σωστά, στείλτε μου την παραγγελία.",
    ),
    "cancel": (
        "Όχι, θέλω να ακυρώσω την παραγγελία.",
        "Ακυρώστε την, δεν τη χρειάζομαι πια.",
    ),
    "change": ("Θέλω να αλλάξω τη διεύθυνση παράδοσης.",),
    "callback": ("Πάρτε με αργότερα, παρακαλώ, τώρα είμαι στη δουλειά.",),
    "wrong_number": ("Κάνετε λάθος στον αριθμό, δεν είμαι εγώ.",),
    "opt_out": ("Μη με ξαναπάρετε ποτέ τηλέφωνο.",),
    "yes": (
        "Ναι, βεβαίως.",
        "Εντάξει, σύμφωνοι.",
    ),
    "no": (
        "Όχι, ευχαριστώ.",
        "Όχι, όχι, καθόλου.",
    ),
    "hello": (
        "Εμπρός, ποιος είναι;",
        "Καλημέρα σας, παρακαλώ.",
    ),
    "wait": ("Περιμένετε λίγο, σας παρακαλώ.",),
    "repeat": ("Δεν σας άκουσα καλά, μπορείτε να το επαναλάβετε;",),
    "language": ("Μιλάτε ελληνικά;",),
    "machine": ("Αφήστε το μήνυμά σας μετά τον ήχο.",),
    "unclear": ("Ε, εξαρτάται, θα δούμε πώς θα πάει.",),
}

_ITALIAN: Words = {
    "confirm": (
        "Sì, confermo l'ordine.",
        "Esatto, me lo spedisca pure.",
    ),
    "cancel": (
        "No, voglio annullare l'ordine.",
        "Lo annulli, non mi serve più.",
    ),
    "change": ("Vorrei cambiare l'indirizzo di consegna.",),
    "callback": ("Mi richiami più tardi, adesso sono al lavoro.",),
    "wrong_number": ("Ha sbagliato numero, non sono io.",),
    "opt_out": ("Non mi chiami mai più, per favore.",),
    "yes": (
        "Sì, certamente.",
        "Va bene, d'accordo.",
    ),
    "no": (
        "No, grazie.",
        "No, no, per niente.",
    ),
    "hello": (
        "Pronto, chi parla?",
        "Buongiorno, mi dica.",
    ),
    "wait": ("Aspetti un attimo, per favore.",),
    "repeat": ("Non ho sentito bene, può ripetere?",),
    "language": ("Scusi, parla italiano?",),
    "machine": ("Lasciate un messaggio dopo il segnale acustico.",),
    "unclear": ("Mah, dipende un po' da come vanno le cose.",),
}

_MACEDONIAN: Words = {
    "confirm": (
        "Да, ја потврдувам нарачката.",
        "Така е, пратете ми ја нарачката.",
    ),
    "cancel": (
        "Не, сакам да ја откажам нарачката.",
        "Откажете ја, повеќе не ми треба.",
    ),
    "change": ("Сакам да ја сменам адресата за достава.",),
    "callback": ("Јавете се подоцна, ве молам, сега сум на работа.",),
    "wrong_number": ("Имате погрешен број, не сум јас.",),
    "opt_out": ("Не ми се јавувајте никогаш повеќе.",),
    "yes": (
        "Да, секако.",
        "Може, во ред е.",
    ),
    "no": (
        "Не, благодарам.",
        "Не, не, никако.",
    ),
    "hello": (
        "Ало, кој е на телефон?",
        "Добар ден, повелете.",
    ),
    "wait": ("Почекајте малку, ве молам.",),
    "repeat": ("Не ве слушнав добро, повторете ве молам.",),
    "language": ("Зборувате ли македонски?",),
    "machine": ("Оставете порака по звучниот сигнал.",),
    "unclear": ("Па не знам, ќе видиме што ќе биде.",),
}

_SERBIAN: Words = {
    "confirm": (
        "Da, potvrđujem porudžbinu.",
        "Tako je, pošaljite mi to.",
    ),
    "cancel": (
        "Ne, želim da otkažem porudžbinu.",
        "Otkažite je, ne treba mi više.",
    ),
    "change": ("Hoću da promenim adresu za isporuku.",),
    "callback": ("Pozovite me kasnije, molim vas, sada radim.",),
    "wrong_number": ("Pogrešili ste broj, nisam to ja.",),
    "opt_out": ("Nemojte me više nikada zvati.",),
    "yes": (
        "Da, naravno.",
        "Može, u redu je.",
    ),
    "no": (
        "Ne, hvala.",
        "Ne, ne, nikako.",
    ),
    "hello": (
        "Halo, ko je na telefonu?",
        "Dobar dan, izvolite.",
    ),
    "wait": ("Sačekajte malo, molim vas.",),
    "repeat": ("Nisam vas dobro čuo, ponovite molim vas.",),
    "language": ("Govorite li srpski?",),
    "machine": ("Ostavite poruku posle zvučnog signala.",),
    "unclear": ("Pa ne znam, videćemo kako bude.",),
}

_TURKISH: Words = {
    "confirm": (
        "Evet, siparişi onaylıyorum.",
        "Doğru, lütfen gönderin.",
    ),
    "cancel": (
        "Hayır, siparişi iptal etmek istiyorum.",
        "İptal edin, artık ihtiyacım yok.",
    ),
    "change": ("Teslimat adresini değiştirmek istiyorum.",),
    "callback": ("Beni daha sonra arayın, şimdi işteyim.",),
    "wrong_number": ("Yanlış numara, ben o değilim.",),
    "opt_out": ("Beni bir daha asla aramayın.",),
    "yes": (
        "Evet, tabii ki.",
        "Tamam, olur.",
    ),
    "no": (
        "Hayır, teşekkürler.",
        "Hayır, hayır, istemiyorum.",
    ),
    "hello": (
        "Alo, kim arıyor?",
        "İyi günler, buyurun.",
    ),
    "wait": ("Bir dakika bekleyin lütfen.",),
    "repeat": ("Sizi iyi duyamadım, tekrar eder misiniz?",),
    "language": ("Türkçe konuşuyor musunuz?",),
    "machine": ("Lütfen bip sesinden sonra mesajınızı bırakın.",),
    "unclear": ("Yani duruma göre değişir, bakarız artık.",),
}

ABROAD: Mapping[str, Words] = {
    "de": _GERMAN,
    "el": _GREEK,
    "it": _ITALIAN,
    "mk": _MACEDONIAN,
    "sr": _SERBIAN,
    "tr": _TURKISH,
}
"""Phrases by ISO 639-1 language, then by the intent's name."""
