from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "pilot_portal.accounts"
    label = "accounts"
    verbose_name = "账号"
