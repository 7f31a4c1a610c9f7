"""Countries: ISO 3166-1 codes, which GHL takes (docs/ghl-api.md#field-semantics), and the names that people write."""

from functools import cache

from integration.values import member_key

# The name that is written first, then others that are understood, by code.
_TABLE = """
AD Andorra|AE United Arab Emirates, UAE|AF Afghanistan|AG Antigua and Barbuda|AI Anguilla|AL Albania|AM Armenia|
AO Angola|AQ Antarctica|AR Argentina|AS American Samoa|AT Austria, Österreich|AU Australia|AW Aruba|
AX Åland Islands, Aland Islands|AZ Azerbaijan|BA Bosnia and Herzegovina|BB Barbados|BD Bangladesh|
BE Belgium, België, Belgique|BF Burkina Faso|BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BL Saint Barthélemy|
BM Bermuda|BN Brunei Darussalam, Brunei|BO Bolivia|BQ Bonaire, Sint Eustatius and Saba|BR Brazil, Brasil|BS Bahamas|
BT Bhutan|BV Bouvet Island|BW Botswana|BY Belarus|BZ Belize|CA Canada|CC Cocos (Keeling) Islands|
CD Democratic Republic of the Congo|CF Central African Republic|CG Congo|CH Switzerland, Schweiz, Suisse, Svizzera|
CI Côte d'Ivoire, Ivory Coast|CK Cook Islands|CL Chile|CM Cameroon|CN China|CO Colombia|CR Costa Rica|CU Cuba|
CV Cabo Verde, Cape Verde|CW Curaçao|CX Christmas Island|CY Cyprus|CZ Czechia, Czech Republic|DE Germany, Deutschland|
DJ Djibouti|DK Denmark, Danmark|DM Dominica|DO Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|
EH Western Sahara|ER Eritrea|ES Spain, España|ET Ethiopia|FI Finland, Suomi|FJ Fiji|FK Falkland Islands|
FM Micronesia|FO Faroe Islands|FR France|GA Gabon|
GB United Kingdom, UK, Great Britain, England, Scotland, Wales, Northern Ireland|GD Grenada|GE Georgia|
GF French Guiana|GG Guernsey|GH Ghana|GI Gibraltar|GL Greenland|GM Gambia|GN Guinea|GP Guadeloupe|
GQ Equatorial Guinea|GR Greece|GS South Georgia and the South Sandwich Islands|GT Guatemala|GU Guam|GW Guinea-Bissau|
GY Guyana|HK Hong Kong|HM Heard Island and McDonald Islands|HN Honduras|HR Croatia, Hrvatska|HT Haiti|HU Hungary|
ID Indonesia|IE Ireland, Éire|IL Israel|IM Isle of Man|IN India|IO British Indian Ocean Territory|IQ Iraq|IR Iran|
IS Iceland|IT Italy, Italia|JE Jersey|JM Jamaica|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|KI Kiribati|
KM Comoros|KN Saint Kitts and Nevis|KP North Korea|KR South Korea, Korea, Republic of Korea|KW Kuwait|
KY Cayman Islands|KZ Kazakhstan|LA Laos|LB Lebanon|LC Saint Lucia|LI Liechtenstein|LK Sri Lanka|LR Liberia|LS Lesotho|
LT Lithuania|LU Luxembourg|LV Latvia|LY Libya|MA Morocco|MC Monaco|MD Moldova|ME Montenegro|MF Saint Martin|
MG Madagascar|MH Marshall Islands|MK North Macedonia, Macedonia|ML Mali|MM Myanmar, Burma|MN Mongolia|MO Macao, Macau|
MP Northern Mariana Islands|MQ Martinique|MR Mauritania|MS Montserrat|MT Malta|MU Mauritius|MV Maldives|MW Malawi|
MX Mexico, México|MY Malaysia|MZ Mozambique|NA Namibia|NC New Caledonia|NE Niger|NF Norfolk Island|NG Nigeria|
NI Nicaragua|NL Netherlands, The Netherlands, Nederland, Holland|NO Norway, Norge|NP Nepal|NR Nauru|NU Niue|
NZ New Zealand|OM Oman|PA Panama|PE Peru, Perú|PF French Polynesia|PG Papua New Guinea|PH Philippines|PK Pakistan|
PL Poland, Polska|PM Saint Pierre and Miquelon|PN Pitcairn|PR Puerto Rico|PS Palestine|PT Portugal|PW Palau|
PY Paraguay|QA Qatar|RE Réunion|RO Romania|RS Serbia|RU Russia, Russian Federation|RW Rwanda|SA Saudi Arabia|
SB Solomon Islands|SC Seychelles|SD Sudan|SE Sweden, Sverige|SG Singapore|SH Saint Helena|SI Slovenia|
SJ Svalbard and Jan Mayen|SK Slovakia|SL Sierra Leone|SM San Marino|SN Senegal|SO Somalia|SR Suriname|SS South Sudan|
ST São Tomé and Príncipe, Sao Tome and Principe|SV El Salvador|SX Sint Maarten|SY Syria|SZ Eswatini, Swaziland|
TC Turks and Caicos Islands|TD Chad|TF French Southern Territories|TG Togo|TH Thailand|TJ Tajikistan|TK Tokelau|
TL Timor-Leste, East Timor|TM Turkmenistan|TN Tunisia|TO Tonga|TR Türkiye, Turkey|TT Trinidad and Tobago|TV Tuvalu|
TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|UM United States Minor Outlying Islands|
US United States, USA, United States of America, U.S.A., U.S.|UY Uruguay|UZ Uzbekistan|VA Vatican City, Holy See|
VC Saint Vincent and the Grenadines|VE Venezuela|VG British Virgin Islands|VI U.S. Virgin Islands|
VN Vietnam, Viet Nam|VU Vanuatu|WF Wallis and Futuna|WS Samoa|YE Yemen|YT Mayotte|ZA South Africa|ZM Zambia|ZW Zimbabwe
"""


@cache
def _names() -> dict[str, list[str]]:
    lines = (entry.strip().partition(" ") for entry in _TABLE.split("|"))
    # The one country that has a comma in its own name.
    return {code: [names] if code == "BQ" else names.split(", ") for code, _, names in lines}


@cache
def _codes() -> dict[str, str]:
    return {member_key(word): code for code, names in _names().items() for word in (code, *names)}


def find_country_code(text: str) -> str:
    """The code of a country that is given by code or name, in any case: "gb" and "United Kingdom" are "GB".

    "" for what is none.
    """
    return _codes().get(member_key(text), "")


def name_of_country(code: str) -> str:
    """The name, in English; "" for what is no code."""
    return _names().get(code.upper(), [""])[0]


def country_codes() -> list[str]:
    """All codes, in alphabetical order."""
    return sorted(_names())


def is_country_code(text: str) -> bool:
    """Whether it is a code as GHL takes it: two capitals."""
    return text in _names()
