"""What a column means: by a saved mapping, its header in several languages, the accounts' fields, or its values."""

import pytest

from integration.errors import SetupError
from integration.imports.columns import as_saved, choose_columns
from integration.imports.meanings import MEANINGS, find_meaning, fold_header
from tests.imports.conftest import ACCOUNTS

LANGUAGES = {
    "email": ["E-mail", "E-Mail-Adresse", "Adresse e-mail", "Correo electrónico", "Endereço de e-mail", "E-mailadres"],
    "first_name": [
        "First Name",
        "Vorname",
        "Prénom",
        "Nombre de pila",
        "Primeiro nome",
        "Nome di battesimo",
        "Voornaam",
    ],
    "last_name": ["last_name", "Nachname", "Nom de famille", "Apellidos", "Sobrenome", "Cognome", "Achternaam"],
    "name": ["Full name", "Vollständiger Name", "Nom complet", "Nombre completo", "Nome e cognome", "Volledige naam"],
    "phone": ["Mobile", "Telefonnummer", "Téléphone", "Teléfono móvil", "Telemóvel", "Cellulare", "Telefoonnummer"],
    "company": ["Company", "Firma", "Société", "Empresa", "Azienda", "Bedrijf"],
    "address": ["Street", "Straße", "STRASSE", "Rue", "Calle", "Morada", "Indirizzo", "Straat"],
    "city": ["City", "Ort", "Ville", "Ciudad", "Cidade", "Città", "Woonplaats"],
    "postal_code": ["ZIP", "PLZ", "Code postal", "Código postal", "CEP", "CAP"],
    "country": ["Country", "Land", "Pays", "País", "Paese"],
    "tags": ["Tags", "Schlagwörter", "Étiquettes", "Etiquetas", "Etichette", "Trefwoorden"],
    "birthday": [
        "Date of birth",
        "Geburtsdatum",
        "Date de naissance",
        "Cumpleaños",
        "Data di nascita",
        "Geboortedatum",
    ],
    "note": ["Notes", "Bemerkungen", "Remarques", "Observaciones", "Observações", "Nota", "Opmerkingen"],
    "task": ["Tasks", "Aufgabe", "Tâches", "Tareas", "Tarefas", "Compiti", "Taken"],
    "website": ["Website", "Webseite", "Site web", "Sitio web", "Sito web"],
    "unsubscribed": ["Do not contact", "Abgemeldet", "Désabonné", "Dado de baja", "Descadastrado", "Uitgeschreven"],
}


@pytest.mark.parametrize(("key", "headers"), LANGUAGES.items())
def test_headers_are_known_in_seven_languages(key, headers):
    assert {header: getattr(find_meaning(header), "key", "") for header in headers} == dict.fromkeys(headers, key)


@pytest.mark.parametrize("header", ["E_MAIL", " e-mail: ", "Email (required)", "E-mail*", "ＥＭＡＩＬ"])
def test_case_accents_and_punctuation_count_for_nothing(header):
    assert getattr(find_meaning(header), "key", "") == "email"


def test_no_word_means_two_things():
    seen: dict[str, str] = {}
    for meaning in MEANINGS.values():
        for word in map(fold_header, meaning.words.split(",")):
            assert seen.setdefault(word, meaning.key) == meaning.key, word


def test_every_meaning_goes_to_fields_that_can_be_written():
    for meaning in MEANINGS.values():
        assert all(ACCOUNTS[side][key].writable for side, key in meaning.fields.items()), meaning.key


def test_each_guess_has_its_evidence(columns):
    guessed = columns("Vorname;Plan;town;Foo\nAnn;Gold;Rome;x\n")
    assert {header: column.target and column.target.key for header, column in guessed.items()} == {
        "Vorname": "first_name",
        "Plan": "ghl:customFields.plan",
        "town": "city",
        "Foo": None,
    }
    assert [column.evidence for column in guessed.values()] == [
        "“Vorname” means First name.",
        "GHL has a field “Plan”.",
        "“town” means City.",
        "Neither its header nor its values say what it means.",
    ]


def test_fields_of_the_accounts_are_known_by_key_and_label(columns):
    guessed = columns("customFields.amount,gist:custom_properties.town,CV\n1,2,3\n")
    assert [column.target and column.target.key for column in guessed.values()] == [
        "ghl:customFields.amount",
        "gist:custom_properties.town",
        None,  # It cannot be written.
    ]


def test_values_that_are_addresses_are_known_without_a_header_that_says_so(columns):
    guessed = columns("Login,Dial\nann@x.example,+1 415 555 2671\nbob@x.example,+1 415 555 2672\n")
    assert [column.target.key for column in guessed.values()] == ["email", "phone"]
    assert guessed["Login"].evidence == "2 of 2 values are e-mail addresses."


def test_a_column_called_e_mail_full_of_phone_numbers_is_flagged(columns):
    guessed = columns("E-mail,Contact\n+1 415 555 2671,ann@x.example\n+1 415 555 2672,bob@x.example\n")
    assert [column.target.key for column in guessed.values()] == ["phone", "email"]
    assert guessed["E-mail"].warning == "The header says E-mail, but 2 of 2 values are phone numbers."
    assert guessed["Contact"].warning == "The header says Full name, but 2 of 2 values are e-mail addresses."


def test_it_is_not_taken_where_another_column_has_the_numbers(columns):
    guessed = columns("E-mail,Phone\n+1 415 555 2671,+1 415 555 2671\n")
    assert guessed["E-mail"].target is None
    assert guessed["E-mail"].warning


def test_an_address_column_without_any_address_is_flagged_and_kept(columns):
    guessed = columns("E-mail,Phone\nn/a,+1 415 555 2671\n")
    assert guessed["E-mail"].target.key == "email"
    assert "none of 1 values" in guessed["E-mail"].warning


def test_of_two_columns_of_one_meaning_the_first_with_values_is_taken(columns):
    guessed = columns("Mail,E-mail,Email address\n,ann@x.example,bob@x.example\n")
    assert [column.target and column.target.key for column in guessed.values()] == [None, "email", None]
    assert guessed["Mail"].evidence == "It means E-mail too, which “E-mail” gives already."


def test_notes_tags_and_opt_outs_may_have_several_columns(columns):
    guessed = columns("Tags,Labels,Note,Comment,Opt out,DND\na,b,c,d,no,no\n")
    assert all(column.target for column in guessed.values())


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["31.12.1990", "1.2.1991"], "DD.MM.YYYY"),
        (["31/12/1990", "01/02/1991"], "DD/MM/YYYY"),
        (["12/31/1990", "01/02/1991"], "MM/DD/YYYY"),
    ],
)
def test_the_form_of_dates_is_seen_in_the_values(columns, values, form):
    guessed = columns("Birthday,E-mail\n" + "".join(f"{value},a@x.example\n" for value in values))
    assert guessed["Birthday"].steps == ({"name": "date", "gist": form, "ghl": "YYYY-MM-DD"},)


def test_dates_of_digits_alone_are_no_phone_numbers(columns):
    guessed = columns("Birthday,Phone\n19901231,030 901820\n", country="DE")
    assert guessed["Birthday"].target.key == "birthday"
    assert guessed["Birthday"].warning == ""


@pytest.mark.parametrize("values", [["01/02/1991"], ["31/12/1990", "12/31/1990"]])
def test_dates_that_can_be_read_in_two_ways_are_left_to_a_person(columns, values):
    guessed = columns("Birthday,E-mail\n" + "".join(f"{value},a@x.example\n" for value in values))
    assert guessed["Birthday"].steps == ()
    assert "two ways" in guessed["Birthday"].warning


def test_decimal_commas_are_seen_in_the_values(columns):
    guessed = columns("Amount;E-mail\n1.234,50;a@x.example\nx;b@x.example\n")
    assert guessed["Amount"].steps == ({"name": "decimal_comma", "side": "gist"},)
    assert columns("Amount;E-mail\n1,5;a@x.example\n7.25;b@x.example\n")["Amount"].steps == ()


# A saved mapping ----------------------------------------------------------------------------------------


def test_a_saved_mapping_wins(columns):
    saved = {"E-Mail": "note", "Name": "", "x": {"field": "ghl:customFields.plan", "steps": ["trim"]}}
    guessed = columns("E-mail,Name,X,Phone\nann@x.example,Ann,Gold,+14155552671\n", saved=saved)
    assert [column.target and column.target.key for column in guessed.values()] == [
        "note", None, "ghl:customFields.plan", "phone",
    ]  # fmt: skip
    assert guessed["X"].steps == ({"name": "trim"},)
    assert guessed["E-mail"].evidence == "The mapping says so."


def test_what_was_guessed_can_be_saved_and_gives_the_same(table):
    opened = table("E-mail;Geburtsdatum;Foo\nann@x.example;31.12.1990;x\n")
    guessed = choose_columns(opened, ACCOUNTS)
    saved = choose_columns(opened, ACCOUNTS, as_saved(guessed))
    assert [(one.target, one.steps) for one in saved] == [(one.target, one.steps) for one in guessed]


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ([], "^columns: must be an object"),
        ({"Nobody": "email"}, r"^columns\[“Nobody”\]: the file has no such column"),
        ({"Name": 7}, r"^columns\[“Name”\]: must be a text"),
        ({"Name": {"field": "name", "more": 1}}, "must be a text"),
        ({"Name": "colour"}, "“colour” is nothing a column can mean"),
        ({"Name": "ghl:colour"}, "GHL has no field “colour”"),
        ({"Name": "ghl:customFields.cv"}, r"GHL's CV cannot be written\. Files cannot be mapped"),
        ({"Name": "gist:unsubscribed_from_emails"}, "cannot be written"),
        ({"Name": {"field": "name", "steps": ["explode"]}}, r"^columns\[“Name”\]\.steps: there is no transform"),
        ({"Name": "email", "Mail": "email"}, "“Name” and “Mail” both give E-mail"),
    ],
)
def test_a_saved_mapping_that_cannot_work_says_where(columns, saved, words):
    with pytest.raises(SetupError, match=words):
        columns("Name,Mail\nAnn,ann@x.example\n", saved=saved)
