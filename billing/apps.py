from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from accounts import preferences, registry
        from billing import exports
        from billing.entitlements import entitlements

        registry.on_export("subscription", exports.subscription)
        preferences.at_once_if(lambda user: entitlements(user).real_time_notifications)
