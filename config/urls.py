from django.contrib import admin
from django.urls import include, path

from accounts.views import sign_in_with
from tracking import api

urlpatterns = [
    path("accounts/google/login/", sign_in_with, {"provider": "google"}),
    path("accounts/microsoft/login/", sign_in_with, {"provider": "microsoft"}),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("tracking.urls")),
    path("", include("applications.urls")),
    path("", include("billing.urls")),
    path("", include("accounts.urls")),
]
