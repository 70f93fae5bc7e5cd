"""What an insurer's system may look up: everything that its people see, by the same rules."""

from collections.abc import Callable
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Path, Query, Router, Schema

from insurers import models as insurers
from insurers.models import Scope
from insurers.states import EntrustmentState, PolicyState
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.workflow.refusals import Refusal
from subsidies import models, reports
from subsidies.states import State

from . import schemas, shapes
from .doing import UnfitError, client_of
from .keys import BearerKey
from .problems import REFUSED, UNKNOWN

router = Router(auth=BearerKey(Scope.READ), tags=["查询"])
MOST, KEYS = 100, 2**63 - 1
Code = Annotated[str | None, Field(pattern="^[0-9A-Z]{18}$", description="企业的统一社会信用代码")]

ClientCode = Annotated[str, Path(pattern="^[0-9A-Z]{18}$", description="客户的统一社会信用代码")]


class Paging(Schema):
    cursor: int | None = Field(None, ge=1, le=KEYS, description="上一页答复中的 next；不填从最新的开始")
    limit: int = Field(50, ge=1, le=MOST)

    def page(self, request: HttpRequest, rows: QuerySet, shape: Callable) -> dict:
        """One page, newest first. No counts: the last page costs as the first. A mistyped filter is told, not passed over."""
        if unknown := sorted(request.GET.keys() - type(self).model_fields.keys()):
            raise UnfitError(Refusal("request_invalid"), [{"field": name, "message": UNKNOWN} for name in unknown])
        if self.cursor:
            rows = rows.filter(pk__lt=self.cursor)
        found = list(rows.order_by("-pk")[: self.limit + 1])
        more = found[self.limit - 1].pk if len(found) > self.limit else None
        return {"items": [shape(row) for row in found[: self.limit]], "next": more}


class PolicyFilter(Paging):
    credit_code: Code = None
    state: PolicyState | None = None


class EntrustmentFilter(Paging):
    credit_code: Code = None
    state: EntrustmentState | None = None


class ApplicationFilter(Paging):
    credit_code: Code = None
    state: State | None = None
    window: int | None = Field(None, ge=1, le=KEYS)


def chosen(rows: QuerySet, **wanted) -> QuerySet:
    """Rows as filtered by what was asked for."""
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


@router.get("/windows", response={200: schemas.Page[schemas.Window], **REFUSED}, summary="申报周期")
def windows(request: HttpRequest, asked: Query[Paging]):
    rows, at = models.Window.objects.published().select_related("pilot"), timezone.now()
    return asked.page(request, rows, lambda row: shapes.window(row, at))


@router.get("/products", response={200: schemas.Page[schemas.Product], **REFUSED}, summary="本公司的试点产品")
def products(request: HttpRequest, asked: Query[Paging]):
    at = timezone.now()
    return asked.page(request, request.auth.insurer.products.all(), lambda row: shapes.product(row, at))


@router.get("/dictionaries/{slug:kind}", response={200: schemas.Page[schemas.Word], **REFUSED}, summary="字典")
def dictionary(request: HttpRequest, kind: Kind, asked: Query[Paging]):
    rows = Entry.objects.of(kind).valid_on(timezone.localdate())
    return asked.page(request, rows, lambda row: shapes.columns(row, "kind", "code", "name", "valid_from", "valid_until"))


@router.get("/policies", response={200: schemas.Page[schemas.Policy], **REFUSED}, summary="保单")
def policies(request: HttpRequest, asked: Query[PolicyFilter]):
    rows = find_policies(request)
    return asked.page(request, chosen(rows, legal_entity__credit_code=asked.credit_code, state=asked.state), shapes.policy)


def find_policies(request: HttpRequest) -> QuerySet:
    return insurers.Policy.objects.visible_to(request.auth.created_by).select_related("legal_entity", "product")


@router.get("/policies/{int:pk}", response={200: schemas.PolicyInFull, **REFUSED}, summary="一份保单")
def policy(request: HttpRequest, pk: int):
    return shapes.policy_in_full(get_object_or_404(find_policies(request), pk=pk))


@router.get("/entrustments", response={200: schemas.Page[schemas.Entrustment], **REFUSED}, summary="委托")
def entrustments(request: HttpRequest, asked: Query[EntrustmentFilter]):
    rows, at = find_entrustments(request), timezone.now()
    found = chosen(rows, legal_entity__credit_code=asked.credit_code, state=asked.state)
    return asked.page(request, found, lambda row: shapes.entrustment(row, at))


def find_entrustments(request: HttpRequest) -> QuerySet:
    return insurers.Entrustment.objects.visible_to(request.auth.created_by).select_related("legal_entity")


@router.get("/entrustments/{int:pk}", response={200: schemas.Entrustment, **REFUSED}, summary="一份委托")
def entrustment(request: HttpRequest, pk: int):
    return shapes.entrustment(get_object_or_404(find_entrustments(request), pk=pk), timezone.now())


@router.get("/clients/{credit_code}", response={200: schemas.Client, **REFUSED}, summary="一个客户：委托、企业类别、收款账户")
def client(request: HttpRequest, credit_code: ClientCode):
    """Its categories and account only as far as the insurer's pages show them: under a mandate in force, or by a policy of its own."""
    at, insurer = timezone.now(), request.auth.insurer
    entity = client_of(request, credit_code)
    return shapes.client(entity, insurer, at)


@router.get("/applications", response={200: schemas.Page[schemas.Application], **REFUSED}, summary="代客户的申报")
def applications(request: HttpRequest, asked: Query[ApplicationFilter]):
    rows = find_applications(request)
    found = chosen(rows, legal_entity__credit_code=asked.credit_code, state=asked.state, window=asked.window)
    return asked.page(request, found, shapes.application)


def find_applications(request: HttpRequest) -> QuerySet:
    return models.Application.objects.visible_to(request.auth.created_by).select_related("legal_entity", "window__pilot")


@router.get("/applications/{int:pk}", response={200: schemas.ApplicationInFull, **REFUSED}, summary="一份申报，草稿还差什么")
def application(request: HttpRequest, pk: int):
    return shapes.application_in_full(get_object_or_404(find_applications(request), pk=pk), timezone.now())


@router.get("/applications/{int:pk}/timeline", response={200: schemas.Timeline, **REFUSED}, summary="一份申报的办理进度")
def timeline(request: HttpRequest, pk: int):
    found = get_object_or_404(find_applications(request), pk=pk)
    return {"steps": [shapes.step(each) for each in reports.timeline(found)]}
