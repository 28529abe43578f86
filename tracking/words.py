def in_words(code: str) -> tuple[str, str]:
    return code, ""
