from django.urls import path

from .views import clients, desk, entrustments, keys, mandates, policies, underwriting

POLICY, ENTRUSTMENT = "enterprise/policies/<int:pk>/", "enterprise/entrustments/<int:pk>/"
CLIENT, MANDATE = "insurer/clients/<int:pk>/", "insurer/mandates/<int:pk>/"

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
    path("enterprise/entrustments/", entrustments.entrustments, name="entrustments"),
    path("enterprise/entrustments/new/", entrustments.entrustment_new, name="entrustment_new"),
    path(ENTRUSTMENT, entrustments.entrustment, name="entrustment"),
    path(ENTRUSTMENT + "confirm/", entrustments.entrustment_confirm, name="entrustment_confirm"),
    path(ENTRUSTMENT + "revoke/", entrustments.entrustment_revoke, name="entrustment_revoke"),
    path(ENTRUSTMENT + "sealed/", entrustments.entrustment_paper, name="entrustment_paper"),
    # the insurer's pages; its desk and the pages of its clients show cases, see subsidies
    path("insurer/policies/", desk.insurer_policies, name="insurer_policies"),
    path("insurer/policies/export.csv", desk.policies_export, {"kind": "csv"}, name="policies_csv"),
    path("insurer/policies/export.xlsx", desk.policies_export, {"kind": "xlsx"}, name="policies_xlsx"),
    path("insurer/policies/<int:pk>/", desk.insurer_policy, name="insurer_policy"),
    path("insurer/policies/<int:pk>/confirm/", desk.confirm, name="confirm"),
    path("insurer/policies/<int:pk>/dispute/", desk.dispute, name="dispute"),
    path("insurer/clients/new/", clients.client_new, name="client_new"),
    path("insurer/clients/new/<slug:code>/", clients.client_register, name="client_register"),
    path("insurer/clients/new/<slug:code>/mandate/", mandates.mandate_new, name="mandate_new"),
    path(CLIENT + "edit/", clients.client_edit, name="client_edit"),
    path(CLIENT + "licence/", clients.client_licence, name="client_licence"),
    path(CLIENT + "policies/new/", clients.client_policy_new, name="client_policy_new"),
    path(CLIENT + "category/", clients.client_category, name="client_category"),
    path(CLIENT + "account/", clients.client_account, name="client_account"),
    path("insurer/mandates/", mandates.mandates, name="mandates"),
    path(MANDATE, mandates.mandate, name="mandate"),
    path(MANDATE + "upload/", mandates.mandate_upload, name="mandate_upload"),
    path(MANDATE + "paper/", mandates.mandate_paper, name="mandate_paper"),
    path(MANDATE + "revoke/", mandates.mandate_revoke, name="mandate_revoke"),
    path("insurer/keys/", keys.keys, name="keys"),
    path("insurer/keys/new/", keys.key_new, name="key_new"),
    path("insurer/keys/<int:pk>/rotate/", keys.key_rotate, name="key_rotate"),
    path("insurer/keys/<int:pk>/revoke/", keys.key_revoke, name="key_revoke"),
    path("enterprise/underwriting/", underwriting.requests, name="requests"),
    path("enterprise/underwriting/new/", underwriting.request_new, name="request_new"),
    path("enterprise/underwriting/<int:pk>/", underwriting.request_page, name="request"),
    path("enterprise/underwriting/<int:pk>/<int:answer>/choose/", underwriting.offer_choose, name="offer_choose"),
    path("enterprise/underwriting/<int:pk>/<int:answer>/withdraw/", underwriting.request_withdraw, name="request_withdraw"),
    path("insurer/underwriting/", underwriting.insurer_requests, name="insurer_requests"),
    path("insurer/underwriting/<int:pk>/", underwriting.insurer_request, name="insurer_request"),
    path("insurer/underwriting/<int:pk>/offer/", underwriting.offer, name="offer"),
    path("insurer/underwriting/<int:pk>/refuse/", underwriting.refuse, name="refuse"),
]
