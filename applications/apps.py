from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"

    def ready(self) -> None:
        from accounts import registry
        from applications import adding, exports
        from billing import usage

        registry.on_export("applications", exports.applications)
        usage.count_with(adding.usage)
