from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from programme.integrity import faults


class Command(BaseCommand):
    help = "Read the whole database and every stored file; name each fault in a line, exit 1 when there is any."

    def handle(self, **options):
        count = 0
        with transaction.atomic():
            self._one_moment()
            for fault in faults():
                self.stdout.write(fault)
                count += 1
        if count:
            raise CommandError(f"共 {count} 处不一致，请由审计管理员核查。")
        self.stdout.write("全部一致。")

    def _one_moment(self) -> None:
        """All is read as of one moment, so that what is being written meanwhile looks like no fault."""
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
