"""A pk in, one service call; each may run twice or be killed at any instruction without harm."""

from celery import shared_task
from django.utils import timezone

from insurers.models import Endorsement
from pilot_portal.accounts.models import User
from pilot_portal.workflow.after_commit import LAST

from .models import AllocationRun, Application, Batch, Import, MatchList, Window
from .services import allocation, deadlines, documents, imports, recovery, reviews, sweeps

AT_ONCE = 200  # cases sent again in one run: most of thousands just filed from a sheet are only waiting for their turn


@shared_task
def screen_application(pk: int):
    reviews.screen(Application.objects.get(pk=pk), at=timezone.now())


@shared_task
def screen_against(match_list: int):
    for case in reviews.to_screen_against(MatchList.objects.get(pk=match_list)).iterator():
        reviews.screen(case, at=timezone.now())


@shared_task
def issue_receipt(pk: int):
    documents.issue_receipt(Application.objects.get(pk=pk), at=timezone.now())


@shared_task
def render_batch(pk: int):
    documents.render_batch(Batch.objects.get(pk=pk), at=timezone.now())


@shared_task
def allocate_window(pk: int, head: int, reason: str = ""):
    allocation.allocate(Window.objects.get(pk=pk), by=User.objects.get(pk=head), at=timezone.now(), reason=reason)


@shared_task
def tell_allocated(pk: int):
    allocation.tell_allocated(AllocationRun.objects.get(pk=pk), at=timezone.now())


@shared_task
def enforce_award_caps():
    sweeps.enforce_award_caps(at=timezone.now())


@shared_task
def enforce_single_application():
    sweeps.enforce_single_application(at=timezone.now())


@shared_task
def issue_paper(kind: str, pk: int):
    documents.issue_paper(kind, pk, at=timezone.now())


@shared_task
def follow_endorsement(pk: int):
    recovery.follow_endorsement(Endorsement.objects.get(pk=pk), at=timezone.now())


@shared_task
def follow_endorsements():
    recovery.follow_endorsements(at=timezone.now())


@shared_task
def overdue_recoveries():
    recovery.overdue_recoveries(at=timezone.now())


@shared_task
def warn_proposals():
    deadlines.warn_proposals(at=timezone.now())


@shared_task
def expire_proposals():
    deadlines.expire_proposals(at=timezone.now())


@shared_task
def lapse_corrections():
    deadlines.lapse_corrections(at=timezone.now())


@shared_task
def end_publicity():
    deadlines.end_publicity(at=timezone.now())


@shared_task
def alarm_silence():
    deadlines.alarm_silence(at=timezone.now())


@shared_task
def remind():
    deadlines.remind(at=timezone.now())


@shared_task
def import_filings(pk: int):
    """One step; the rest is for the next run, so that none is under way for long."""
    if imports.go_on(pk, at=timezone.now()):
        import_filings.delay(pk)


@shared_task
def catch_up():
    """Start again what a lost broker or a killed worker left undone."""
    for pk in Application.objects.unscreened().order_by("pk").values_list("pk", flat=True)[:AT_ONCE]:
        screen_application.apply_async((pk,), priority=LAST)
    for pk in Application.objects.without_receipt().order_by("pk").values_list("pk", flat=True)[:AT_ONCE]:
        issue_receipt.apply_async((pk,), priority=LAST)
    for pk in Batch.objects.unrendered().values_list("pk", flat=True):
        render_batch.delay(pk)
    for kind, pk in documents.unmade():
        issue_paper.delay(kind, pk)
    for pk in Import.objects.stalled(timezone.now()).values_list("pk", flat=True):
        import_filings.delay(pk)
