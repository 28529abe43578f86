"""What inline styles and attributes say about whether text can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

_GONE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|(?<![\w-])opacity\s*:\s*0?\.?0+\d?\s*(?:!|;|$)|(?<![\w-])max-height\s*:\s*[01](?:px|pt"
    r"|em)?\s*(?:!|;|$)"
    r"|(?<![\w-])(?:left|top|text-indent|margin-left)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0|(?<![\w-])(?:height|width)\s*:\s*[01](?:px)?\s*;.*overflow\s*:\s*hidden"
    r"|overflow\s*:\s*hidden.*(?<![\w-])(?:height|width)\s*:\s*[01](?:px)?\s*(?:!|;|$)",
    re.IGNORECASE | re.DOTALL,
)
_FONT: Final = re.compile(
    r"font(?:-size)?\s*:\s*[^;]*?(?<![\w.#-])(\d*\.?\d+)\s*(px|pt|em|rem|%|(?=\s*(?:!|;|$)))", re.I
)
_COLOR: Final = re.compile(r"(?<![\w-])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND: Final = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_HEX: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)
_RGB: Final = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*([\d.]+))?", re.IGNORECASE)
_NAMED: Final = {
    "white": "ffffff",
    "black": "000000",
    "red": "ff0000",
    "yellow": "ffff00",
    "transparent": "clear",
}
_CLASS_RULE: Final = re.compile(r"\.([\w-]+)\s*(?:,[^{]*)?\{([^}]*)\}")
_MEDIA: Final = re.compile(r"@[\w-]+[^{;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")


@dataclass(frozen=True)
class Look:
    """How text looks at one place: nothing of it is seen where `gone`, `tiny` or `blended` holds."""

    gone: bool = False
    tiny: bool = False
    color: str = "000000"
    background: str = "ffffff"  # "" where it cannot be known (an image, a style sheet)

    @property
    def hidden(self) -> bool:
        blended = bool(self.background) and _near(self.color, self.background)
        return self.gone or self.tiny or blended or self.color == "clear"


def inherit(look: Look, style: str, bgcolor: str, color: str, hidden: bool) -> Look:
    """The look of a child that states these attributes, given its parent's."""
    if hidden and not look.gone:
        look = replace(look, gone=True)
    if bgcolor:
        look = replace(look, background=_color(bgcolor))
    if color:
        look = replace(look, color=_color(color) or look.color)
    return _styled(look, style) if style else look


@lru_cache(maxsize=2048)
def _styled(look: Look, style: str) -> Look:
    if _GONE.search(style):
        look = replace(look, gone=True)
    font = _FONT.search(style)
    if font:
        size, unit = float(font.group(1)), font.group(2).lower()
        look = replace(look, tiny=size <= (0.1 if unit in {"em", "rem"} else 10 if unit == "%" else 1))
    background = _BACKGROUND.search(style)
    if background:
        image = "url(" in background.group(1).lower() or "gradient" in background.group(1).lower()
        value = "" if image else _color(background.group(1))
        look = replace(look, background=look.background if value == "clear" else value)
    color = _COLOR.search(style)
    return replace(look, color=_color(color.group(1)) or look.color) if color else look


def _color(value: str) -> str:
    """Six hex digits, "clear" for transparent, "" where it is not understood."""
    match = _HEX.search(value)
    if match:
        digits = match.group(1).lower()
        return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    rgb = _RGB.search(value)
    if rgb:
        if rgb.group(4) is not None and float(rgb.group(4).strip(".") or 0) == 0:
            return "clear"
        return "".join(f"{min(int(part[:3]), 255):02x}" for part in rgb.groups()[:3])
    return _NAMED.get(value.strip().lower(), "")


def _near(first: str, second: str) -> bool:
    if first == second:
        return True
    if len(first) != 6 or len(second) != 6:
        return False
    pairs = ((int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (0, 2, 4))
    return all(abs(one - other) <= 4 for one, other in pairs)


def hiding_classes(sheet: str) -> frozenset[str]:
    """Classes that a style sheet hides on every screen (rules for some screens only do not count)."""
    rules = _CLASS_RULE.findall(_MEDIA.sub("", sheet[:100_000]))
    return frozenset(name for name, body in rules if _GONE.search(body))
