from django.urls import path

from tracking.models import Mailbox
from tracking.views import dashboard, inbox, integrations, live, runs, threads

GMAIL, OUTLOOK = {"provider": Mailbox.Provider.GMAIL}, {"provider": Mailbox.Provider.OUTLOOK}

urlpatterns = [
    path("", dashboard.home, name="home"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/bulk/", inbox.bulk, name="inbox-bulk"),
    path("inbox/undo/", inbox.undo, name="inbox-undo"),
    path("inbox/runs/", runs.runs, name="runs"),
    path("inbox/<uuid:pk>/approve/", inbox.approve, name="inbox-approve"),
    path("inbox/<uuid:pk>/ignore/", inbox.ignore, name="inbox-ignore"),
    path("inbox/<uuid:pk>/link/", inbox.link, name="inbox-link"),
    path("inbox/<uuid:pk>/create/", inbox.create, name="inbox-create"),
    path("messages/<uuid:pk>/unmatch/", inbox.unmatch, name="message-unmatch"),
    path("threads/<uuid:pk>/", threads.thread, name="thread"),
    path("threads/<uuid:pk>/watch/", threads.watch, name="thread-watch"),
    path("settings/integrations/", integrations.integrations, name="integrations"),
    path("settings/integrations/sample/", integrations.sample, name="integration-sample"),
    path("settings/integrations/upload/", integrations.upload, name="integration-upload"),
    path("settings/integrations/<uuid:pk>/pause/", integrations.pause, name="mailbox-pause"),
    path("settings/integrations/<uuid:pk>/resume/", integrations.resume, name="mailbox-resume"),
    path("settings/integrations/<uuid:pk>/sync/", integrations.sync_now, name="mailbox-sync"),
    path("settings/integrations/<uuid:pk>/disconnect/", integrations.disconnect, name="mailbox-disconnect"),
    path("oauth/gmail/start", integrations.start, GMAIL, name="gmail-start"),
    path("oauth/gmail/callback", integrations.callback, GMAIL, name="gmail-callback"),
    path("oauth/outlook/start", integrations.start, OUTLOOK, name="outlook-start"),
    path("oauth/outlook/callback", integrations.callback, OUTLOOK, name="outlook-callback"),
    path("live/", live.live, name="live"),
    path("healthz", live.healthz, name="healthz"),
    path("readyz", live.readyz, name="readyz"),
]
