from __future__ import annotations


class GrantError(Exception):
    """Access could not be had. `code` says why; it never holds anything the provider sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotConfiguredError(GrantError):
    """The operator has not set the provider up. Its text is a sentence for the operator."""

    def __init__(self, sentence: str) -> None:
        super().__init__("not_configured")
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class StateError(GrantError):
    """The answer does not belong to a consent that this session began: forged, used before, or too late."""


class ExchangeError(GrantError):
    """The provider did not give tokens for the code."""


class MissingScopeError(GrantError):
    """The user agreed, but not to what is needed."""


class GrantLostError(GrantError):
    """The grant is gone for good: the user has to consent again."""


class GrantUnavailableError(GrantError):
    """No token now, but the grant stands: try again later."""
