"""A model field whose value is sealed in the database and plain on the instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from accounts.encryption import seal, unseal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class _Sealed(bytes):
    """Bytes as the database holds them, not yet opened."""


class _Opened:
    """Opens a sealed value when it is first read."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:  # deferred
            instance.refresh_from_db(fields=[self.field.attname])
        value = instance.__dict__[self.field.attname]
        if isinstance(value, _Sealed):
            value = instance.__dict__[self.field.attname] = unseal(value, self.field.place(instance))
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text, encrypted for its table, row and column. Empty text is stored as it is: it says nothing.

    The row's primary key must be known before saving (a UUID default is). Values go through
    `save` and `bulk_create` only: `update()` cannot know the row and is refused.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "accounts.fields.EncryptedTextField", args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Opened(self))

    def place(self, instance: models.Model) -> str:
        """What the value is bound to: table, row, column."""
        return f"{instance._meta.db_table}/{instance.pk}/{self.column}"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        data = bytes(value or b"")
        return _Sealed(data) if data else ""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname, "")
        if isinstance(value, _Sealed) or not value:
            return value or b""
        return _Sealed(seal(value, self.place(model_instance)))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value and not isinstance(value, _Sealed):
            raise TypeError(f"{self.name} is encrypted: save the instance instead of updating the query")
        return super().get_db_prep_value(bytes(value or b""), connection, prepared)

    def get_default(self) -> Any:
        return ""

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is encrypted and is not serialised")
