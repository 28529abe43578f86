from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from accounts import registry
        from billing import exports

        registry.on_export("subscription", exports.subscription)
