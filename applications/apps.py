from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"

    def ready(self) -> None:
        from accounts import registry
        from applications import adding, exports
        from billing import usage

        registry.on_export("applications", exports.applications)
        registry.on_export("imports", exports.imports)
        registry.on_export("application_columns", exports.columns)
        usage.count_with(adding.usage)
