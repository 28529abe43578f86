import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("heardback")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Objects made before they are looked through for garbage that holds itself; reading mail makes little of it
BETWEEN_LOOKS = (10_000, 20, 20)


@worker_process_init.connect
def spare_what_stays(**_: object) -> None:
    """What a worker process has loaded when it begins it keeps, so that no look for garbage goes over it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*BETWEEN_LOOKS)
