from django.urls import path

from billing import views

urlpatterns = [path("settings/plan/", views.plan, name="settings-plan")]
