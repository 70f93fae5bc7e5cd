from django.urls import path

from .views import desk, policies

POLICY = "enterprise/policies/<int:pk>/"

app_name = "insurers"
urlpatterns = [
    path("enterprise/policies/", policies.policies, name="policies"),
    path("enterprise/policies/new/", policies.policy_new, name="policy_new"),
    path("enterprise/policies/products/", policies.products, name="products"),
    path(POLICY, policies.policy, name="policy"),
    path(POLICY + "edit/", policies.policy_edit, name="policy_edit"),
    path(POLICY + "paper/", policies.policy_paper, name="policy_paper"),
    path(POLICY + "invoices/new/", policies.invoice_new, name="invoice_new"),
    path(POLICY + "payments/new/", policies.payment_new, name="payment_new"),
    path(POLICY + "<slug:kind>/<int:row>/paper/", policies.row_paper, name="row_paper"),
    path(POLICY + "<slug:kind>/<int:row>/delete/", policies.row_delete, name="row_delete"),
    path("insurer/", desk.home, name="home"),
    path("insurer/policies/<int:pk>/", desk.insurer_policy, name="insurer_policy"),
    path("insurer/policies/<int:pk>/confirm/", desk.confirm, name="confirm"),
    path("insurer/policies/<int:pk>/dispute/", desk.dispute, name="dispute"),
]
