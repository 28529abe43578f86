from django.urls import path

from applications import views

urlpatterns = [
    path("applications/", views.applications, name="applications"),
    path("applications/add/", views.add, name="application-add"),
    path("applications/<uuid:pk>/", views.application, name="application"),
    path("applications/<uuid:pk>/edit/", views.edit, name="application-edit"),
    path("applications/<uuid:pk>/status/", views.set_status, name="application-status"),
    path("applications/<uuid:pk>/archive/", views.archive, name="application-archive"),
    path("applications/<uuid:pk>/restore/", views.restore, name="application-restore"),
    path("applications/<uuid:pk>/note/", views.note, name="application-note"),
    path("applications/events/<uuid:pk>/undo/", views.undo, name="application-undo"),
]
