"""Cut one message's own words from the history, signature and small print below them."""

from __future__ import annotations

import re
from typing import Final

MAX_SIGNATURE_LINES: Final = 10
MAX_LINE: Final = 90  # a longer line is a sentence, not part of a signature

_WROTE: Final = re.compile(
    r"^(?:On|Am|Le|El|Em|Il|Op|A|Den|Dne|W dniu|På)\b.{6,250}"
    r"(?:wrote|schrieb|a écrit|écrit|escribió|escreveu|ha scritto|schreef|skrev"
    r"|napisał\(?a?\)?)\b.{0,120}:\s*$",
    re.IGNORECASE | re.DOTALL,
)
_WROTE_START: Final = re.compile(r"^(?:On|Am|Le|El|Em|Il|Op|A|Den|På)\b.{4,}", re.IGNORECASE)
_DIVIDER: Final = re.compile(
    r"^[-_=\s*]{2,}\s*(?:original message|original appointment|forwarded message|forwarded by .*"
    r"|urspr(?:ü|ue)ngliche nachricht"
    r"|weitergeleitete nachricht|message d'origine|message original|message transféré|mensaje original"
    r"|mensaje reenviado"
    r"|mensagem original|mensagem encaminhada|messaggio originale|messaggio inoltrato|oorspronkelijk bericht"
    r"|doorgestuurd bericht|reply message)\s*[-_=\s*]{2,}$|^(?:begin forwarded message"
    r"|anfang der weitergeleiteten nachricht):?\s*$",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(
    r"^[*\s]*(from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|de|envoyé|à|objet|para"
    r"|enviado(?: el)?|fecha|asunto"
    r"|data|assunto|enviada(?: em)?|da|inviato|a|oggetto|van|verzonden|aan|onderwerp)\s?[*]*\s*:[*]*\s*\S",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"^[_\-=*]{5,}\s*$")
_REPLY_ABOVE: Final = re.compile(
    r"^[-#\s]*(?:please )?(?:reply|type your reply|write) above this line", re.IGNORECASE
)
_CLOSING: Final = re.compile(
    r"^(?:(?:with )?(?:my |our |very |many |all |the )?(?:kind|best|warm|warmest|kindest)?\s*(?:regards"
    r"|wishes|thanks)"
    r"|best|kindly|sincerely(?: yours)?|yours(?: sincerely| faithfully| truly)?|cheers|thanks(?: again"
    r"| so much)?|thank you(?: again)?"
    r"|thanks and regards|respectfully|take care|talk soon|all the best|best of luck|good luck|warmly"
    r"|cordially"
    r"|(?:mit )?(?:freundlichen|besten|herzlichen|vielen|liebe|viele|beste|freundliche"
    r"|herzliche) (?:grüßen?|gruessen?|gruss|gruß|dank)"
    r"|mfg|lg|vg|cordialement|bien (?:cordialement|à vous)|(?:meilleures|sincères) salutations"
    r"|salutations(?: distinguées)?"
    r"|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|atentamente|atenciosamente"
    r"|(?:com os melhores )?cumprimentos|att|abraços?"
    r"|cordiali saluti|distinti saluti|saluti|un caro saluto|met vriendelijke groet(?:en)?"
    r"|vriendelijke groet(?:en)?|hartelijke groet(?:en)?"
    r"|groet(?:en|jes)?|mvg)\s*[,.!]*(?:\s+(?:from|von|,).{0,30})?$",
    re.IGNORECASE,
)
_SENT_FROM: Final = re.compile(
    r"^(?:sent from (?:my|outlook|yahoo|mail)|get outlook for|von meinem .{2,30} gesendet|envoyé de mon"
    r"|enviado desde mi"
    r"|enviado do meu|inviato da|verzonden vanaf)\b.{0,60}$",
    re.IGNORECASE,
)
_SMALL_PRINT: Final = re.compile(
    r"(?:this|the) (?:e-?mail|message|communication)(?: and any| may| is| contains| was sent"
    r"|, including).{0,60}(?:confidential|privileged|intended)"
    r"|intended (?:solely|only) for|if you (?:are not|have received) th(?:e intended"
    r"|is).{0,30}(?:recipient|error|mistake)"
    r"|consider the environment|do not reply to this|replies to this (?:e-?mail|message|address)"
    r"|(?:unmonitored|no-?reply) (?:mailbox|address|inbox)"
    r"|^©|^\(c\) ?20\d\d|copyright ?©?|all rights reserved|privacy (?:policy|notice|statement)"
    r"|equal opportunity employer"
    r"|registered (?:in|office|number)|geschäftsführer|handelsregister|amtsgericht"
    r"|sitz der gesellschaft|diese e-?mail (?:enthält|kann|ist)"
    r"|ce (?:message|courriel).{0,40}confidentiel|este (?:mensaje|correo|e-?mail).{0,60}confiden"
    r"|questa e-?mail.{0,60}riservat"
    r"|dit (?:bericht|e-?mail).{0,60}vertrouwelijk|bitte antworten sie nicht auf diese|(?:was"
    r"|is) sent to .{3,60}@"
    r"|powered by \w+|manage (?:your )?(?:preferences|notifications)|unsubscribe",
    re.IGNORECASE,
)


def split_quotes(body: str) -> tuple[str, str, str]:
    """(own words, quoted history, signature and small print) of a cleaned body.

    Where nothing but history is left, the history is all there is to the message and stays quoted.
    """
    if not body:
        return "", "", ""
    own, quoted = _history(body.split("\n"))
    text, signature = _signature(own)
    return "\n".join(text).strip(), "\n".join(quoted).strip(), "\n".join(signature).strip()


def _history(lines: list[str]) -> tuple[list[str], list[str]]:
    own: list[str] = []
    quoted: list[str] = []
    for index, line in enumerate(lines):
        if line.startswith(">"):
            quoted.append(line.lstrip("> "))
        elif _REPLY_ABOVE.match(line) and not any(own):
            continue
        elif _starts_history(lines, index):
            after = next(
                (text for text in lines[index + 1 : index + 6] if text and not text.endswith(":")), ""
            )
            if not after.startswith(">"):
                return own, quoted + [text.lstrip("> ") for text in lines[index:]]
            quoted.append(line)
        elif _attribution_tail(lines, index):
            quoted.append(line)
        else:
            own.append(line)
    return own, quoted


def _starts_history(lines: list[str], index: int) -> bool:
    line = lines[index]
    if not line or len(line) > 300:
        return False
    if _DIVIDER.match(line) or _REPLY_ABOVE.match(line) or _is_attribution(lines, index):
        return True
    if _RULE.match(line):
        return _labels(lines[index + 1 : index + 6]) >= 3
    return bool(_LABEL.match(line)) and _labels(lines[index : index + 5]) >= 3


def _is_attribution(lines: list[str], index: int) -> bool:
    """ "On … wrote:", on one line or broken over up to three."""
    if not _WROTE_START.match(lines[index]):
        return False
    joined = (" ".join(lines[index : index + count]) for count in (1, 2, 3))
    return any(_WROTE.match(text) and re.search(r"\d|@", text) for text in joined)


def _attribution_tail(lines: list[str], index: int) -> bool:
    """Whether the line ends an attribution that began on one of the two lines above it."""
    if not lines[index].endswith(":"):
        return False
    return any(index >= back and _is_attribution(lines[: index + 1], index - back) for back in (1, 2))


def _labels(lines: list[str]) -> int:
    return len({match.group(1).lower() for match in map(_LABEL.match, lines) if match})


def _signature(lines: list[str]) -> tuple[list[str], list[str]]:
    lines, small_print = _without_small_print(lines)
    for index, line in enumerate(lines):
        if line in {"--", "—", "– –"} or (_SENT_FROM.match(line) and index >= len(lines) - 6):
            return lines[:index], lines[index:] + small_print
    start = max(1, len(lines) - 3 * MAX_SIGNATURE_LINES)
    for index in range(start, len(lines)):
        if _CLOSING.match(lines[index]) and _is_signature(lines[index + 1 :]):
            return lines[:index], lines[index:] + small_print
    return lines, small_print


def _is_signature(lines: list[str]) -> bool:
    said = [line for line in lines if line.strip()]
    return len(said) <= MAX_SIGNATURE_LINES and all(len(line) <= MAX_LINE for line in said)


def _without_small_print(lines: list[str]) -> tuple[list[str], list[str]]:
    """Take small print off the end, paragraph by paragraph."""
    end = len(lines)
    while end > 0:
        start = end
        while start > 0 and lines[start - 1].strip():
            start -= 1
        paragraph = " ".join(lines[start:end])
        if start == 0 or (paragraph and not _SMALL_PRINT.search(paragraph[:2000])):
            break
        end = start - 1 if start else 0
        while end > 0 and not lines[end - 1].strip():
            end -= 1
    return (lines[:end], lines[end:]) if end else (lines, [])
