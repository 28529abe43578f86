"""What the processes of a worker do before their first task."""

from __future__ import annotations

import gc

import pytest
from celery.signals import worker_process_init

from config import celery


@pytest.fixture(autouse=True)
def as_before():
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_is_loaded_is_not_looked_through_for_garbage():
    celery.spare_what_stays()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == celery.BETWEEN_LOOKS


def test_every_process_of_a_worker_does_so():
    assert celery.spare_what_stays in worker_process_init._live_receivers(None)
