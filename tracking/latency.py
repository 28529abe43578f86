"""How long mail takes from its arrival at the provider until its user can see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F

from tracking.models import Mailbox, Message, SyncRun

TRIGGERS = (SyncRun.Trigger.PUSH, SyncRun.Trigger.SCHEDULE)


@dataclass(frozen=True)
class Latency:
    """Of the mail of one provider that one trigger brought; times in seconds."""

    provider: str
    trigger: str
    messages: int
    median: float
    p95: float


class Percentile(Aggregate):
    """The value below which `fraction` (0..1) of the values lie (PostgreSQL's percentile_cont)."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: str, fraction: float) -> None:
        super().__init__(expression, fraction=fraction, output_field=DurationField())


def latencies(since: datetime) -> list[Latency]:
    """Of all mail that became visible since then, by provider and by what made us look."""
    took = ExpressionWrapper(F("visible_at") - F("received_at"), output_field=DurationField())
    seen = Message.objects.filter(visible_at__gte=since, run__trigger__in=TRIGGERS).annotate(took=took)
    rows = seen.values_list("mailbox__provider", "run__trigger").annotate(
        count=Count("pk"), median=Percentile("took", 0.5), p95=Percentile("took", 0.95)
    )
    return [
        Latency(
            str(Mailbox.Provider(provider).label),
            str(SyncRun.Trigger(trigger).label),
            count,
            _seconds(median),
            _seconds(p95),
        )
        for provider, trigger, count, median, p95 in rows.order_by("mailbox__provider", "run__trigger")
    ]


def _seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 1)
