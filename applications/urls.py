from django.urls import path

from applications.views import actions, detail, imports, lists, reminders, tasks

urlpatterns = [
    path("applications/", lists.applications, name="applications"),
    path("applications/columns/", lists.choose_columns, name="application-columns"),
    path("applications/export.csv", lists.export, name="application-export"),
    path("applications/import/", imports.upload, name="application-import"),
    path("applications/import/<uuid:pk>/", imports.one, name="import"),
    path("applications/import/<uuid:pk>/run/", imports.run, name="import-run"),
    path("applications/import/<uuid:pk>/undo/", imports.undo, name="import-undo"),
    path("applications/add/", actions.add, name="application-add"),
    path("applications/<uuid:pk>/", detail.application, name="application"),
    path("applications/<uuid:pk>/edit/", actions.edit, name="application-edit"),
    path("applications/<uuid:pk>/status/", actions.set_status, name="application-status"),
    path("applications/<uuid:pk>/archive/", actions.archive, name="application-archive"),
    path("applications/<uuid:pk>/restore/", actions.restore, name="application-restore"),
    path("applications/<uuid:pk>/note/", detail.note, name="application-note"),
    path("applications/<uuid:pk>/notes/", detail.write_notes, name="application-notes"),
    path("applications/<uuid:pk>/tasks/", tasks.add, name="task-add"),
    path("applications/<uuid:pk>/followed-up/", reminders.followed_up, name="application-followed-up"),
    path("applications/<uuid:pk>/remind/", reminders.remind, name="application-remind"),
    path("applications/<uuid:pk>/remind/undo/", reminders.undo, name="application-remind-undo"),
    path("applications/events/<uuid:pk>/undo/", actions.undo, name="application-undo"),
    path("applications/events/<uuid:pk>/redo/", actions.redo, name="application-redo"),
    path("tasks/<uuid:pk>/", tasks.change, name="task"),
    path("tasks/<uuid:pk>/done/", tasks.done, name="task-done"),
    path("tasks/<uuid:pk>/delete/", tasks.delete, name="task-delete"),
    path("tasks/<uuid:pk>/restore/", tasks.restore, name="task-restore"),
    path("reminders/", reminders.reminders_page, name="reminders"),
]
