"""What an insurer's system may do with its filings for clients: the web's own verbs, from the draft to the answer to a correction."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Status

from insurers.models import Scope
from pilot_portal.accounts.models import User
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms
from subsidies.models import Application, AttachmentKind, CorrectionItem, Window
from subsidies.services import applications, corrections, drafts, endings, rejections

from . import bodies, schemas, shapes
from .doing import MADE, Once, client_of, file_of, filled, once
from .keys import BearerKey
from .problems import REFUSED
from .reading import find_applications, router

FILING = {"auth": BearerKey(Scope.APPLICATIONS), "tags": [Scope.APPLICATIONS.label]}
CASE_MADE, CASE = {201: schemas.ApplicationInFull, **REFUSED}, {200: schemas.ApplicationInFull, **REFUSED}
CORRECTION = {200: schemas.Correction, **REFUSED}


Verb = Callable[[Application, User, datetime], object]


def _on_case(request: HttpRequest, pk: int, name: str, asked: object, verb: Verb, status: int = 200) -> Status:
    """Do something with a case, once, and answer with the case as it then stands."""
    found = get_object_or_404(find_applications(request), pk=pk)

    def act(by: User, at: datetime) -> dict:
        verb(found, by, at)
        return shapes.application_in_full(find_applications(request).get(pk=pk), at)

    return once(request, name, asked, act, status)


@router.post("/applications", **FILING, response=CASE_MADE, summary="为已委托的客户开始一份草稿")
def start(request: HttpRequest, idempotency_key: Once, asked: bodies.NewApplication):
    entity = client_of(request, asked.credit_code)

    def act(by: User, at: datetime) -> dict:
        window = Window.objects.published().select_related("pilot").filter(pk=asked.window).first()
        if window is None:
            raise Refusal("window_unknown", field="window", window=asked.window)
        made = drafts.start(entity, window, by=by, at=at)
        return shapes.application_in_full(find_applications(request).get(pk=made.pk), at)

    return once(request, idempotency_key, asked, act, MADE)


@router.post("/applications/{int:pk}/draft", **FILING, response=CASE, summary="填写草稿：保单、企业类别、收款账户、承诺")
def fill(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Draft):
    return _on_case(request, pk, idempotency_key, asked, lambda case, by, at: _fill(case, asked, by, at))


def _fill(case: Application, asked: bodies.Draft, by: User, at: datetime) -> None:
    columns: dict = asked.model_dump(include={"other_subsidies", "pledged"}, exclude_none=True)
    if asked.category is not None:
        columns["category"] = filled(forms.CategoryForm({"category": asked.category}, application=case)).cleaned_data["category"]
    if asked.bank_account is not None:
        form = filled(forms.AccountForm({"bank_account": asked.bank_account}, application=case))
        columns["bank_account"] = form.cleaned_data["bank_account"]
    if columns:
        drafts.save_draft(case, by=by, at=at, version=asked.version, **columns)
    if asked.policy is not None:
        policy = filled(forms.PolicyForm({"policy": asked.policy}, application=case)).cleaned_data["policy"]
        drafts.choose_policy(case, policy, by=by, at=at, version=asked.version)


@router.post("/applications/{int:pk}/attachments", **FILING, response=CASE_MADE, summary="给草稿添加一份材料")
def attach(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.NewAttachment):
    def verb(case: Application, by: User, at: datetime) -> object:
        return drafts.attach(case, AttachmentKind(asked.kind), file_of(by, asked.file, "file"), by=by, at=at)

    return _on_case(request, pk, idempotency_key, asked, verb, MADE)


@router.post("/applications/{int:pk}/submit", **FILING, response=CASE, summary="提交申报（委托含提交的）")
def submit(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Seen):
    def verb(case: Application, by: User, at: datetime) -> object:
        return applications.submit(case, by=by, at=at, version=asked.version)

    return _on_case(request, pk, idempotency_key, asked, verb)


@router.post("/applications/{int:pk}/propose", **FILING, response=CASE, summary="提请企业确认（委托不含提交的）")
def propose(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Seen):
    def verb(case: Application, by: User, at: datetime) -> object:
        return applications.propose(case, by=by, at=at, version=asked.version)

    return _on_case(request, pk, idempotency_key, asked, verb)


@router.post("/applications/{int:pk}/withdraw", **FILING, response=CASE, summary="受理前撤回申报")
def withdraw(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Reasoned):
    def verb(case: Application, by: User, at: datetime) -> object:
        return applications.withdraw(case, by=by, at=at, reason=asked.reason, version=asked.version)

    return _on_case(request, pk, idempotency_key, asked, verb)


@router.post("/applications/{int:pk}/abandon", **FILING, response=CASE, summary="受理后放弃补贴，不能恢复")
def abandon(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Reasoned):
    def verb(case: Application, by: User, at: datetime) -> object:
        return endings.abandon(case, by=by, at=at, reason=asked.reason, version=asked.version)

    return _on_case(request, pk, idempotency_key, asked, verb)


@router.post("/applications/{int:pk}/reply", **FILING, response=CASE, summary="对拟不予补贴陈述申辩")
def reply(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.NewReply):
    def verb(case: Application, by: User, at: datetime) -> object:
        papers = [file_of(by, each, f"papers.{index}") for index, each in enumerate(asked.papers)]
        return rejections.reply(case, by=by, at=at, text=asked.text, uploads=papers, version=asked.version)

    return _on_case(request, pk, idempotency_key, asked, verb)


# the answer to a correction


@router.get("/applications/{int:pk}/correction", response=CORRECTION, summary="要补正的事项，逐项")
def correction(request: HttpRequest, pk: int):
    return _correction_now(get_object_or_404(find_applications(request), pk=pk), timezone.now())


def _correction_now(case: Application, at: datetime) -> dict:
    found = corrections.open_correction(case)
    return shapes.correction(case, found, corrections.open_problems(case, at=at) if found else [])


def _on_correction(request: HttpRequest, pk: int, name: str, asked: object, verb: Verb) -> Status:
    found = get_object_or_404(find_applications(request), pk=pk)

    def act(by: User, at: datetime) -> dict:
        verb(found, by, at)
        return _correction_now(find_applications(request).get(pk=pk), at)

    return once(request, name, asked, act)


@router.post("/applications/{int:pk}/correction/items/{int:item}", **FILING, response=CORRECTION, summary="就一项写明说明或补交材料")
def answer_item(request: HttpRequest, pk: int, item: int, idempotency_key: Once, asked: bodies.Answer):
    def verb(case: Application, by: User, at: datetime) -> object:
        open_list = corrections.open_correction(case)
        rows = open_list.items.select_related("correction__application") if open_list else CorrectionItem.objects.none()
        found = get_object_or_404(rows, pk=item)
        paper = file_of(by, asked.paper, "paper")
        form = forms.AnswerForm({f"item-{item}-text": asked.text}, {f"item-{item}-upload": paper} if paper else {}, by=by, item=found)
        return corrections.answer(found, by=by, at=at, **filled(form, {"upload": "paper", "__all__": "text"}).cleaned_data)

    return _on_correction(request, pk, idempotency_key, asked, verb)


@router.post("/applications/{int:pk}/correction/category", **FILING, response=CORRECTION, summary="更换企业类别（事项中列明的）")
def change_category(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.CategoryChange):
    def verb(case: Application, by: User, at: datetime) -> object:
        chosen = filled(forms.CategoryForm({"category": asked.category}, application=case)).cleaned_data["category"]
        return corrections.change_category(case, chosen, by=by, at=at)

    return _on_correction(request, pk, idempotency_key, asked, verb)


@router.post("/applications/{int:pk}/resubmit", **FILING, response=CASE, summary="提交补正")
def resubmit(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Seen):
    def verb(case: Application, by: User, at: datetime) -> object:
        return corrections.resubmit(case, by=by, at=at, version=asked.version)

    return _on_case(request, pk, idempotency_key, asked, verb)
