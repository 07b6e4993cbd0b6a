from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "exigible.web"
    label = "web"
