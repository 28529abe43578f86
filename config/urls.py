from django.contrib import admin
from django.urls import include, path

from tracking import api

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("tracking.urls")),
    path("", include("applications.urls")),
    path("", include("billing.urls")),
    path("", include("accounts.urls")),
]
