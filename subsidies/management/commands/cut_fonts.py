from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from subsidies.fonts import cut_fonts


class Command(BaseCommand):
    help = "Cut the fonts of the documents into FONT_DIR. Does nothing when they are up to date."
    requires_system_checks = ()

    def handle(self, *args, **options):
        folder = Path(settings.FONT_DIR)
        if cut_fonts(folder):
            self.stdout.write(f"文书字体已生成：{folder}")
