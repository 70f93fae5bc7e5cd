"""Insurers, their selection, products and people as reference data."""

from django import forms
from django.contrib import admin

from insurers.models import Insurer, InsurerStaff, Product, Selection, StaffRole
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.workbench import RecordedAdmin
from pilot_portal.workflow.refusals import Refusal


@admin.register(Insurer)
class InsurerAdmin(RecordedAdmin):
    nav_position = 9
    list_display = ["name", "short_name", "credit_code", "contact_phone"]


@admin.register(Selection)
class SelectionAdmin(RecordedAdmin):
    intro = "签订日在资格期内的保单才能补贴。"
    list_display = ["insurer", "pilot", "selected_from", "selected_until", "report_days", "basis"]
    list_select_related = ["insurer", "pilot"]
    ordering = ["-pk"]


@admin.register(Product)
class ProductAdmin(RecordedAdmin):
    list_display = ["name", "insurer", "filing_number", "filed_on", "withdrawn_on"]
    list_select_related = ["insurer"]
    ordering = ["-pk"]


class StaffForm(forms.ModelForm):
    def clean(self):
        """The last manager stays one, at the same insurer."""
        typed, before = super().clean(), InsurerStaff.objects.filter(pk=self.instance.pk, role=StaffRole.MANAGER).first()
        if before is None or (typed.get("role") == StaffRole.MANAGER and typed.get("insurer") == before.insurer):
            return typed
        if not before.insurer.staff.filter(role=StaffRole.MANAGER).exclude(pk=before.pk).exists():
            raise Refusal("last_manager")
        return typed


@admin.register(InsurerStaff)
class InsurerStaffAdmin(RecordedAdmin):
    intro = "保险公司的第一个账号由安全管理员开通，在这里归到所属公司，身份为管理员；其余人员由其管理员自行邀请。"
    list_display = ["user", "insurer", "role"]
    form = StaffForm
    list_select_related = ["user", "insurer"]
    ordering = ["pk"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.active_with_role(Role.INSURER)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
