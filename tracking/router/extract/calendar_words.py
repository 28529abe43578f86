"""Names of months, weekdays and zones in the languages that mail comes in; all folded."""

from __future__ import annotations

from typing import Final

_MONTHS: Final = """
january jan januar januari janvier janv enero ene janeiro gennaio gen stycznia
february feb februar februari fevrier fevr fev febrero fevereiro febbraio lutego
march mar marz maerz maart mars marzo marco marca
april apr avril avr abril abr aprile kwietnia
may mai mei mayo maio maggio mag maja
june jun juni juin junio junho giugno giu czerwca
july jul juli juillet juil julio julho luglio lug lipca
august aug augustus aout agosto ago sierpnia
september sep sept septembre septiembre setembro settembre wrzesnia
october oct oktober okt octobre octubre outubro ottobre ott pazdziernika
november nov novembre noviembre novembro listopada
december dec dezember dez decembre diciembre dic dezembro dicembre grudnia
"""
_WEEKDAYS: Final = """
monday mon montag lundi lunes lunedi maandag poniedzialek segunda segunda-feira mandag
tuesday tue tues dienstag mardi martes martedi dinsdag wtorek terca terca-feira tirsdag
wednesday wed weds mittwoch mercredi miercoles mercoledi woensdag sroda quarta quarta-feira onsdag
thursday thu thur thurs donnerstag jeudi jueves giovedi donderdag czwartek quinta quinta-feira torsdag
friday fri freitag vendredi viernes venerdi vrijdag piatek sexta sexta-feira fredag
saturday sat samstag sonnabend samedi sabado sabato zaterdag sobota
sunday sun sonntag dimanche domingo domenica zondag niedziela
"""
_ZONES: Final = """
America/New_York et est edt eastern
America/Chicago ct cst cdt central
America/Denver mt mst mdt mountain
America/Los_Angeles pt pst pdt pacific
America/Halifax adt atlantic
America/Sao_Paulo brt brasilia
Europe/London bst uk london
Europe/Berlin cet cest mez mesz berlin
Europe/Lisbon lisbon
Europe/Helsinki eet eest finnish helsinki
Asia/Kolkata ist india
Africa/Lagos wat lagos
Africa/Johannesburg sast
Africa/Nairobi nairobi
Asia/Singapore sgt singapore
Asia/Manila pht philippine manila
Asia/Hong_Kong hkt
Asia/Dubai gst
Asia/Tokyo jst
Australia/Sydney aest aedt sydney
Australia/Perth awst
Pacific/Auckland nzst nzdt
UTC utc gmt
"""
_NUMBERS: Final = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def _numbered(table: str, first: int) -> dict[str, int]:
    rows = table.strip().splitlines()
    return {word: number for number, row in enumerate(rows, first) for word in row.split()}


MONTHS: Final = _numbered(_MONTHS, 1)
WEEKDAYS: Final = _numbered(_WEEKDAYS, 0)
ZONES: Final = {word: row.split()[0] for row in _ZONES.strip().splitlines() for word in row.split()[1:]}
HOURS: Final = {word: number for number, word in enumerate(_NUMBERS.split()[:13]) if number}
NUMBERS: Final = {word: number for number, word in enumerate(_NUMBERS.split())} | {
    "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "funf": 5, "sieben": 7, "zehn": 10, "vierzehn": 14,
    "deux": 2, "trois": 3, "cinq": 5, "sept": 7, "huit": 8, "dix": 10, "quinze": 15,
    "dos": 2, "tres": 3, "cinco": 5, "siete": 7, "diez": 10, "quince": 15,
    "due": 2, "tre": 3, "cinque": 5, "sette": 7, "dieci": 10, 
    "twee": 2, "drie": 3, "vijf": 5, "zeven": 7, "tien": 10,
    "dois": 2, "sete": 7, "dez": 10,
}  # fmt: skip
