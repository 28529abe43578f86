from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from accounts import registry
        from applications import correspondence
        from billing import usage
        from tracking import monitoring
        from tracking.correspondence import tell
        from tracking.exports import disconnect_all, export_mail

        registry.on_export("mail", export_mail)
        registry.before_delete(disconnect_all)
        usage.count_with(monitoring.usage)
        correspondence.tell_with(tell)
