"""A case as its applicant sees it, on either side: the task list of a draft, what waits for confirmation, the way of what is filed."""

from django.utils import timezone
from django.views.decorators.http import require_safe

from pilot_portal.accounts.roles import Role
from subsidies import reports
from subsidies.models import DocumentKind, Side
from subsidies.reports.insurer_desk import reasons_of_return
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.states import ENDED, Action, State

from .finding import of_case, show
from .proposals import proposal_page


@of_case
@require_safe
def application(request, application):
    if application.is_filed:
        return filed_case(request, application)
    return proposal_page(request, application) if application.state == State.PENDING_CONFIRM else task_list(request, application)


def task_list(request, application):
    """What is still to be filled in; without the pledge where that is left to the enterprise."""
    now = timezone.now()
    mandate = reports.mandate_of(application, request.user, now) if request.user.role == Role.INSURER else None
    to_propose = mandate is not None and not mandate.includes_submission
    actions = reports.actions_of(application, request.user, at=now)
    tasks = reports.tasks_of(application, drafts.problems(application, at=now, pledge=not to_propose), pledge=not to_propose)
    context = {
        "amount": reports.amount_of(application, at=now),
        "tasks": tasks,
        "progress": reports.progress(tasks),
        "coming": reports.coming(application),
        "copied": reports.copied(application),
        "earlier": reports.earlier_case(application, request.user),
        "rival": reports.rival_of(application, request.user, at=now),
        "actions": actions,
        "may_write": Action.DELETE in actions,
        "mandate": mandate,
        "to_propose": to_propose,
        "why_returned": reasons_of_return([application]).get(application.pk) if application.proposed_at else None,
    }
    return show(request, "draft", application, **context)


def filed_case(request, application):
    now, user = timezone.now(), request.user
    steps = reports.timeline(application)
    documents, owed = list(application.documents.for_applicant()), reports.owed_on(application)
    context = {
        "amount": reports.amount_of(application, at=now),
        "steps": steps,
        "ended": application.state in ENDED and owed is None,
        "ended_because": reports.ended_because(application),
        "may_refile": reports.may_refile(application, at=now),
        "next_step": reports.to_pay_back(owed) if owed else reports.next_step(application),
        "owed": owed,
        "tone": reports.tone_of(application),
        "actions": reports.actions_of(application, user, at=now),
        "may_act": reports.may_act(application, user, at=now),
        "may_mend": reports.may_mend(application, user, at=now),
        "returned": reports.returned_payment(application, at=now),
        "replies": application.replies.all() if application.rejection_proposed_at else [],
        "papers": list(services.papers_of(application)),
        "documents": documents,
        "has_receipt": any(document.kind == DocumentKind.RECEIPT for document in documents),
        "said": application.conversation.count(),
        "unread_said": application.conversation.unread_by(Side.APPLICANT).count(),
        "letters": reports.letters_of(application, user),
    }
    return show(request, "case", application, **context)
