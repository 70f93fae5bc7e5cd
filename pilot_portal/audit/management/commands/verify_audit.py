from django.core.management.base import BaseCommand, CommandError

from pilot_portal.audit.services import verify_chain


class Command(BaseCommand):
    help = "Recompute the audit chain; exits 1 and names each fault when it does not hold."

    def handle(self, **options):
        verdict = verify_chain()
        if verdict.faults:
            raise CommandError("\n".join(verdict.faults))
        self.stdout.write(f"{verdict.seals} seals over {verdict.events} events hold")
