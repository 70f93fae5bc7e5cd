"""What the portal says to an applicant at each event of a case. Mail and inbox carry the same words."""

from datetime import datetime

from django.utils import timezone

from enterprises.services import members_to_tell
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Channel

from .letter_versions import with_letter

may_stay_out_of_mail(
    Kind.PROGRESS,
    *("withdrawn", "resubmitted", "replied", "reconsidered", "released"),
    *("allocated", "list_returned", "approved", "recovery_repaid", "archived"),
)
may_stay_out_of_mail(Kind.WORK, "work")
may_stay_out_of_mail(Kind.CONVERSATION, "case_message")


def readers(application: Application):
    """Members of the applicant and, where an insurer filed, whoever filed."""
    people = members_to_tell(application.legal_entity)
    if application.channel == Channel.INSURER:
        filed_by = application.submitted_by_id or application.proposed_by_id or application.created_by_id
        people = people | User.objects.filter(pk__in={filed_by, application.created_by_id}, role=Role.INSURER).distinct()
    return people


def tell(application: Application, event: str, *, at: datetime, about: int | str = "", **facts) -> None:
    """Queue the letter of an event; a second call for the same version of the case, or of what it is `about`, writes nothing."""
    people, words, wording = with_letter(readers(application), event, at)
    due = timezone.localtime(application.due_at) if application.due_at else None
    said = words.filled(
        {
            "number": application.number or "",
            "entity": application.legal_entity.name,
            "window": application.window.name,
            "awarded": f"{application.awarded:,.2f}" if application.awarded is not None else "",
            "entitled": f"{application.entitled:,.2f}" if application.entitled is not None else "",
            "due": _until(due) if due else "规定期限",
            **facts,
        }
    )
    notify(
        event,
        people,
        key=f"application:{application.pk}:{event}:{f'about:{about}' if about else application.version}",
        subject=said.subject,
        body=said.body.replace("。。", "。"),
        at=at,
        link=application.get_absolute_url(),
        wording=wording,
    )


def _until(due: datetime) -> str:
    """A deadline at midnight is the end of the day before; any other one is a moment."""
    if due.hour == due.minute == 0:
        return f"{last_day(due):%Y-%m-%d}"
    return f"{due:%Y-%m-%d %H:%M}"


def tell_officers(role: Role, key: str, subject: str, body: str, *, at: datetime) -> None:
    """Work that now waits for this role, once a key."""
    desk = "/oversight/" if role == Role.IP_OFFICE else "/admin/"
    notify("work", User.objects.active_with_role(role), key=f"work:{key}", subject=subject, body=body, at=at, link=desk)


def alarm_head(key: str, subject: str, body: str, *, at: datetime) -> None:
    """Tell every head of what must not wait; the same key once."""
    notify("alarm", User.objects.active_with_role(Role.HEAD), key=f"alarm:{key}", subject=subject, body=body, at=at, link="/admin/")
