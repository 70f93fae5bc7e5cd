"""A batch as the plain values that papers and the payment file take."""

from django.utils import timezone

from subsidies.documents import BatchData, PaymentLine
from subsidies.models import Batch, Payment

PURPOSE = "海外纠纷法律费用保险保费补贴"


def batch_data(batch: Batch) -> BatchData:
    window = batch.window
    lines = batch.payments.order_by("serial").select_related("application__legal_entity")
    return BatchData(
        number=batch.number,
        project=f"{window.name}保费补贴" if "补贴" not in window.name else window.name,
        appropriation=batch.appropriation.document_number,
        accounting="",
        basis=_basis(batch),
        prepared_on=timezone.localdate(batch.prepared_at),
        prepared_by=batch.prepared_by.get_full_name(),
        lines=tuple(_line(line) for line in lines),
    )


def _line(line: Payment) -> PaymentLine:
    return PaymentLine(
        serial=line.serial,
        application_number=line.application.number,
        payee=line.holder,
        credit_code=line.application.legal_entity.credit_code,
        account=line.account,
        bank=line.bank_name,
        cnaps=line.cnaps,
        premium=line.application.recognised_premium,
        amount=line.amount,
        purpose=PURPOSE,
    )


def _basis(batch: Batch) -> tuple[str, ...]:
    """The scheme, then each determination and publicity that the lines rest on."""
    cases = batch.payments.select_related("application__determination", "application__public_notice")
    minutes, notices = {}, {}
    for line in cases:
        minutes[line.application.determination.minutes_number] = True
        notice = line.application.public_notice
        notices[f"公示{_day(notice.starts_on)}至{_day(notice.ends_on)}无异议"] = True
    return ("试点方案六（二）", *(f"市知识产权局审定（{number}）" for number in minutes), *notices)


def _day(day) -> str:
    return f"{day.month}月{day.day}日"
