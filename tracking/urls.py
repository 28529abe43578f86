from django.urls import path

from tracking.views import dashboard, inbox, live, runs, threads

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
    path("live/", live.live, name="live"),
    path("healthz", live.healthz, name="healthz"),
    path("readyz", live.readyz, name="readyz"),
]
