from django.urls import path

from . import views

POLICY = "enterprise/policies/<int:pk>/"

app_name = "insurers"
urlpatterns = [
    path("enterprise/policies/", views.policies, name="policies"),
    path("enterprise/policies/new/", views.policy_new, name="policy_new"),
    path("enterprise/policies/products/", views.products, name="products"),
    path(POLICY, views.policy, name="policy"),
    path(POLICY + "edit/", views.policy_edit, name="policy_edit"),
    path(POLICY + "paper/", views.policy_paper, name="policy_paper"),
    path(POLICY + "invoices/new/", views.invoice_new, name="invoice_new"),
    path(POLICY + "payments/new/", views.payment_new, name="payment_new"),
    path(POLICY + "<slug:kind>/<int:row>/paper/", views.row_paper, name="row_paper"),
    path(POLICY + "<slug:kind>/<int:row>/delete/", views.row_delete, name="row_delete"),
    path("insurer/", views.home, name="home"),
    path("insurer/policies/<int:pk>/", views.insurer_policy, name="insurer_policy"),
    path("insurer/policies/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("insurer/policies/<int:pk>/dispute/", views.dispute, name="dispute"),
]
