"""What a column of a file can mean besides a field of one account: one registry, with the words people use for it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from integration.records import FieldType, Side

Kind = Literal["value", "country", "note", "task", "consent"]


@dataclass(frozen=True)
class Meaning:
    """`fields` are the keys of the built-in fields that hold it, of each side that has one."""

    key: str
    label: str
    fields: Mapping[Side, str]
    words: str
    """Headers that mean it, split by commas: English, German, French, Spanish, Portuguese, Italian, Dutch."""
    type: FieldType = "text"
    kind: Kind = "value"
    repeats: bool = False
    """Whether several columns may mean it."""


def _both(gist: str = "", ghl: str = "") -> Mapping[Side, str]:
    keys: dict[Side, str] = {"gist": gist, "ghl": ghl}
    return MappingProxyType({side: key for side, key in keys.items() if key})


_ALL = (
    Meaning(
        "email",
        "E-mail",
        _both("email", "email"),
        "email, e-mail address, mail, mail address, main email, primary email, email 1, contact email, work email,"
        " E-Mail-Adresse, Mailadresse, adresse e-mail, adresse mail, adresse électronique, courriel, mél,"
        " correo, correo electrónico, dirección de correo, dirección de correo electrónico, correio eletrônico,"
        " endereço de e-mail, indirizzo e-mail, posta elettronica, e-mailadres, mailadres",
        "email",
    ),
    Meaning(
        "first_name",
        "First name",
        _both(ghl="firstName"),
        "first name, given name, forename, first, fname, Vorname, prénom, nombre de pila, primer nombre,"
        " primeiro nome, nome próprio, nome di battesimo, voornaam",
    ),
    Meaning(
        "last_name",
        "Last name",
        _both(ghl="lastName"),
        "last name, surname, family name, last, lname, Nachname, Familienname, Zuname, nom de famille, apellido,"
        " apellidos, primer apellido, sobrenome, apelido, último nome, cognome, achternaam, familienaam",
    ),
    Meaning(
        "name",
        "Full name",
        _both("name", "name"),
        "name, full name, contact name, contact, display name, Vollständiger Name, Kontakt, Ansprechpartner,"
        " nom, nom complet, nom et prénom, prénom et nom, nombre, nombre completo, nombre y apellidos, nome,"
        " nome completo, nome e cognome, naam, volledige naam",
    ),
    Meaning(
        "phone",
        "Phone",
        _both("phone", "phone"),
        "phone, phone number, telephone, telephone number, mobile, mobile phone, mobile number, cell, cell phone, tel,"
        " phone 1, primary phone, work phone, whatsapp, Telefon, Telefonnummer, Tel. Nr., Handy, Handynummer, Mobil,"
        " Mobilnummer, Mobiltelefon, Rufnummer, téléphone, numéro de téléphone, téléphone portable, téléphone mobile,"
        " portable, teléfono, número de teléfono, teléfono móvil, móvil, celular, telefone, número de telefone,"
        " telemóvel, telefono, numero di telefono, cellulare, telefoon, telefoonnummer, mobiel, mobiel nummer, gsm",
        "phone",
    ),
    Meaning(
        "tags",
        "Tags",
        _both("tags", "tags"),
        "tags, tag, labels, label, Schlagwörter, Schlagworte, Schlagwort, Stichwörter, Markierungen, étiquettes,"
        " étiquette, etiquetas, etiqueta, marcadores, etichette, etichetta, trefwoorden",
        "tags",
        repeats=True,
    ),
    Meaning(
        "company",
        "Company",
        _both("company_name", "companyName"),
        "company, company name, business, business name, organization, organisation, organization name, employer,"
        " Firma, Firmenname, Unternehmen, Betrieb, entreprise, société, nom de l'entreprise, raison sociale, empresa,"
        " compañía, nombre de la empresa, organización, nome da empresa, companhia, organização, azienda, società,"
        " ditta, ragione sociale, nome azienda, bedrijf, bedrijfsnaam, organisatie",
    ),
    Meaning(
        "job_title",
        "Job title",
        _both("job_title"),
        "job title, position, role, Berufsbezeichnung, Funktion, poste, fonction, cargo, puesto, qualifica, ruolo,"
        " functie",
    ),
    Meaning(
        "address",
        "Street address",
        _both(ghl="address1"),
        "address, address 1, address line 1, street, street address, mailing address, Adresse, Anschrift, Straße,"
        " Straße und Hausnummer, Straße Nr., adresse postale, rue, dirección, calle, domicilio, endereço, rua, morada,"
        " logradouro, indirizzo, via, adres, straat, straatnaam",
    ),
    Meaning(
        "city",
        "City",
        _both(ghl="city"),
        "city, town, Stadt, Ort, Wohnort, ville, commune, ciudad, localidad,"
        " población, cidade, localidade, città, comune, stad, plaats, woonplaats",
    ),
    Meaning(
        "state",
        "State",
        _both(ghl="state"),
        "state, province, region, county, state or province, Bundesland, Kanton, région, département, estado,"
        " provincia, región, distrito, UF, regione, provincie",
    ),
    Meaning(
        "postal_code",
        "Postal code",
        _both(ghl="postalCode"),
        "postal code, post code, zip, zip code, PLZ, Postleitzahl, code postal, CP, código postal, CEP, CAP,"
        " codice postale, codice di avviamento postale",
    ),
    Meaning(
        "country",
        "Country",
        _both(ghl="country"),
        "country, country code, nation, Land, Ländercode, Staat, pays, code pays, país, código de país, código do país,"
        " paese, nazione, landcode",
        kind="country",
    ),
    Meaning(
        "website",
        "Website",
        _both("website_url", "website"),
        "website, web site, web, url, homepage, home page, Webseite, Internetseite, site web, site internet, sitio web,"
        " página web, site, página, sito web, sito, sito internet",
    ),
    Meaning(
        "birthday",
        "Birthday",
        _both("date_of_birth", "dateOfBirth"),
        "birthday, birth date, date of birth, dob, Geburtstag, Geburtsdatum, date de naissance, anniversaire,"
        " né le, fecha de nacimiento, cumpleaños, data de nascimento, aniversário, data di nascita, compleanno,"
        " geboortedatum, verjaardag",
        "date",
    ),
    Meaning(
        "gender",
        "Gender",
        _both("gender", "gender"),
        "gender, sex, Geschlecht, genre, sexe, género, sexo, gênero, genere, sesso, geslacht",
    ),
    Meaning(
        "language",
        "Language",
        _both("preferred_language"),
        "language, preferred language, Sprache, langue, idioma, lengua, língua, lingua, taal",
    ),
    Meaning(
        "source",
        "Source",
        _both(ghl="source"),
        "source, lead source, contact source, Quelle, Herkunft, origine, fuente, origen, origem, fonte, bron",
    ),
    Meaning("user_id", "User id", _both("user_id"), "user id, Benutzer-ID, Kundennummer, customer number"),
    Meaning(
        "note",
        "Note",
        _both(),
        "note, notes, comment, comments, remark, remarks, Notiz, Notizen, Bemerkung, Bemerkungen, Anmerkung,"
        " Anmerkungen, Kommentar, remarque, remarques, commentaire, commentaires, nota, notas, comentario,"
        " comentarios, observaciones, comentário, comentários, observações, osservazioni, commento, commenti,"
        " notitie, notities, opmerking, opmerkingen",
        kind="note",
        repeats=True,
    ),
    Meaning(
        "task",
        "Task",
        _both(),
        "task, tasks, to do, to dos, next step, Aufgabe, Aufgaben, nächster Schritt, tâche, tâches, tarea, tareas,"
        " tarefa, tarefas, compito, compiti, attività, taak, taken",
        kind="task",
        repeats=True,
    ),
    Meaning(
        "unsubscribed",
        "Unsubscribed",
        _both(),
        "unsubscribed, unsubscribed at, unsubscribed from emails, opt out, opted out, email opt out, do not contact,"
        " do not email, do not disturb, dnd, dnc, no email, abgemeldet, abgemeldet am, Newsletter abgemeldet,"
        " nicht kontaktieren, keine Werbung, Werbesperre, Kontaktsperre, désabonné, désinscrit, ne pas contacter,"
        " dado de baja, baja, no contactar, no molestar, descadastrado, não contatar, não contactar,"
        " cancelou a inscrição, disiscritto, non contattare, uitgeschreven, afgemeld, niet contacteren,"
        " niet benaderen",
        kind="consent",
        repeats=True,
    ),
)

MEANINGS: Mapping[str, Meaning] = {one.key: one for one in _ALL}


def fold_header(text: str) -> str:
    """The form in which headers are compared: letters and digits only, without capitals and accents.

    “E-Mail-Adresse”, “e_mail adresse” and “EMAILADRESSE” are the same.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def find_meaning(header: str) -> Meaning | None:
    """What a header means by its words alone; what stands in brackets behind it counts for nothing."""
    bare = re.sub(r"[(\[][^()\[\]]*[)\]]", "", header)
    return _by_word().get(fold_header(bare) or fold_header(header))


@cache
def _by_word() -> dict[str, Meaning]:
    """The first meaning of a word wins; a test says which words have two."""
    words: dict[str, Meaning] = {}
    for meaning in _ALL:
        for word in (meaning.key, meaning.label, *meaning.words.split(",")):
            words.setdefault(fold_header(word), meaning)
    return words
