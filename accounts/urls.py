from django.urls import path
from django.views.generic import RedirectView

from accounts import views
from accounts.icons import icons

urlpatterns = [
    path("icons.svg", icons, name="icons"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.read_all, name="notifications-read"),
    path("notifications/<uuid:pk>/", views.open_notification, name="notification"),
    path("notifications/<uuid:pk>/read/", views.read_one, name="notification-read"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("theme/", views.theme, name="theme"),
    path("settings/", RedirectView.as_view(pattern_name="settings-profile"), name="settings"),
    path("settings/profile/", views.profile, name="settings-profile"),
    path("settings/notifications/", views.notification_settings, name="settings-notifications"),
    path("settings/security/", views.security, name="settings-security"),
    path("settings/tokens/", views.tokens, name="settings-tokens"),
    path("settings/tokens/<uuid:pk>/revoke/", views.revoke_token, name="settings-token-revoke"),
    path("settings/data/", views.data, name="settings-data"),
    path("settings/data/export/", views.export, name="settings-export"),
    path("settings/data/delete/", views.delete, name="settings-delete"),
]
