from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from subsidies.models import Window
from subsidies.replay import Deviation, Outcome, replay


class Command(BaseCommand):
    help = "Reckon every decided case of a window again with the rules and data of its day; print a table, exit 1 on a deviation."

    def add_arguments(self, parser):
        parser.add_argument("window", nargs="?", type=int, metavar="WINDOW", help="key of a window, as its address in the workbench says")

    def handle(self, *, window=None, **options):
        windows = Window.objects.published().order_by("opens_at")
        if window is not None and not (windows := windows.filter(pk=window)):
            raise CommandError(f"没有编号为 {window} 的已发布申报周期。")
        with transaction.atomic():
            with connection.cursor() as cursor:  # all of one moment, and nothing is written
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            deviations = sum(self._window(one) for one in windows)
        if deviations:
            raise CommandError(f"共 {deviations} 处不一致，请由审计管理员核查。")
        self.stdout.write("全部一致，到分。")

    def _window(self, window: Window) -> int:
        """Print a window; how many deviations it has."""
        self.stdout.write(f"\n{window}（{window.pk}）")
        self.stdout.write("申报编号\t认定保费\t应补\t核定\t结果")
        deviations = 0
        for found in replay(window):
            faults = [found] if isinstance(found, Deviation) else found.deviations
            if isinstance(found, Outcome):
                amounts = [str(amount) if amount is not None else "—" for amount in (found.recognised, found.entitled, found.awarded)]
                self.stdout.write("\t".join((found.number, *amounts, "一致" if found.holds else "不一致")))
            for fault in faults:
                self.stdout.write(f"  不一致：{fault.where}：{fault.what}")
            deviations += len(faults)
        return deviations
