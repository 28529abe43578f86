from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import exports, registry

        registry.on_export("account", exports.account)
        registry.on_export("grants", exports.grants)
        registry.on_export("notifications", exports.notifications)
        registry.on_export("notification_preferences", exports.notification_preferences)
        registry.on_export("api_tokens", exports.api_tokens)
