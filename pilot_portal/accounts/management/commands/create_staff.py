import secrets
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import ADMIN_ROLES, OVERSIGHT, Role
from pilot_portal.accounts.services import create_staff

ROLES = [role.value for role in Role if role in ADMIN_ROLES | OVERSIGHT]


class Command(BaseCommand):
    help = "Open an account for the centre, a bureau or a custodian. Prints a random password once, unless one comes on standard input."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("role", choices=ROLES)
        parser.add_argument("--name", default="", help="the person's name as pages show it")
        parser.add_argument("--email", default="", help="where letters and links to set a password go")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from the first line of standard input")

    def handle(self, *, username, role, name, email, password_stdin, **options):
        user = User(username=username, role=role, display_name=name, email=email)
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(15)
        try:
            user.full_clean(exclude=["password"], validate_unique=False)
            validate_password(password, user)
            create_staff(user, by=User.objects.system(), at=timezone.now(), password=password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except IntegrityError as error:
            raise CommandError(f"用户名 {username} 已有人使用，没有开通。请换一个用户名。") from error
        self.stdout.write(f"已为 {user.get_full_name()} 开通账号 {username}，角色：{user.get_role_display()}。")
        if not password_stdin:
            self.stdout.write(f"密码（只显示这一次，请当面或另行告知，登录后立即修改）：{password}")
