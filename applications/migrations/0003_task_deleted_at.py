from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0002_tasks_imports_columns"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
