from django.urls import path

from billing import views

urlpatterns = [
    path("pricing/", views.pricing, name="pricing"),
    path("settings/plan/", views.plan, name="settings-plan"),
]
