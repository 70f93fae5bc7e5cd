from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from programme.demo.cast import COLLEAGUES, NAMES, PASSWORD
from programme.demo.story import tell


class Command(BaseCommand):
    help = "Fill an empty database with the demo as of now, and print its accounts. Runs once; later calls only print."

    def handle(self, **options):
        if not settings.DEMO:
            raise CommandError("demo accounts have a printed password: only with DEMO=1")
        with transaction.atomic():
            if not User.objects.exclude(role="system").exists():
                tell(timezone.now())
        self.stdout.write(f"演示账号（密码均为 {PASSWORD}）")
        for role, name in NAMES.items():
            self.stdout.write(f"  {role.value:<14} {role.label}　{name}")
        for username, (at_insurer, name) in COLLEAGUES.items():
            self.stdout.write(f"  {username:<14} {Role.INSURER.label}　{name}（{at_insurer.label}）")
