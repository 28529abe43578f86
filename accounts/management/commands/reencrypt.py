"""Seal again, under the current key, whatever an older key sealed; then that key can be taken out.

    ENCRYPTION_KEYS=new:…,old:…  python manage.py reencrypt

Safe to stop and to run again, and while the site is running: each batch is one transaction.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from accounts.encryption import current_key_id, key_id_of
from accounts.fields import EncryptedTextField

BATCH = 200


class Command(BaseCommand):
    help = "Encrypt all stored secrets and texts under the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
            if fields:
                renewed = reencrypt(model, fields)
                self.stdout.write(f"{model._meta.label}: {renewed} rows sealed under {current_key_id()}")


def reencrypt(model: type[models.Model], fields: list[EncryptedTextField]) -> int:
    """Renew every row of `model` that an older key sealed in one of `fields`; give how many there were."""
    renewed, after = 0, None
    while True:
        with transaction.atomic():
            rows = _batch(model, fields, after)
            renewed += sum(_renew(row, fields) for row in rows)
        if not rows:
            return renewed
        after = rows[-1].pk


def _batch(model: type[models.Model], fields: list[EncryptedTextField], after: Any) -> list[Any]:
    rows = model._default_manager.order_by("pk").only("pk", *(field.name for field in fields))
    rows = rows if after is None else rows.filter(pk__gt=after)
    return list(rows.select_for_update(of=("self",), no_key=True)[:BATCH])


def _renew(row: Any, fields: list[EncryptedTextField]) -> bool:
    """Seal the fields of `row` that need it again; say whether there were any."""
    old = [field.name for field in fields if _is_old(row.__dict__[field.attname])]
    for name in old:
        getattr(row, name)  # opens it, so that saving seals it anew
    if old:
        row.save(update_fields=old)
    return bool(old)


def _is_old(sealed: object) -> bool:
    return isinstance(sealed, bytes) and bool(sealed) and key_id_of(sealed) != current_key_id()
