"""An applicant's pages: the desk, a draft's tasks, filing, and the case once it is filed."""

from django.urls import path

from .views import (
    cases,
    clients,
    conversation,
    corrections,
    desk,
    drafts,
    endings,
    endorsements,
    files,
    filing,
    imports,
    papers,
    proposals,
    recovery,
    rejections,
)

CASE, CLIENT = "enterprise/applications/<int:pk>/", "insurer/clients/<int:pk>/"
IMPORT = "insurer/imports/<int:pk>/"

app_name = "subsidies"
urlpatterns = [
    path("enterprise/", desk.home, name="home"),
    path("enterprise/applications/", desk.applications, name="applications"),
    path("enterprise/windows/<int:pk>/start/", desk.start, name="start"),
    path(CASE, cases.application, name="application"),
    # tasks of a draft
    path(CASE + "enterprise/", drafts.enterprise, name="enterprise"),
    path(CASE + "policy/", drafts.policy, name="policy"),
    path(CASE + "papers/", drafts.papers, name="papers"),
    path(CASE + "category/", drafts.category, name="category"),
    path(CASE + "account/", drafts.account, name="account"),
    path(CASE + "pledge/", drafts.pledge, name="pledge"),
    path(CASE + "further/", drafts.further, name="further"),
    path(CASE + "copy/", drafts.copy, name="copy"),
    path(CASE + "autosave/<slug:task>/", drafts.autosave, name="autosave"),
    path(CASE + "attach/", files.attach, name="attach"),
    path(CASE + "detach/<int:attachment>/", files.detach, name="detach"),
    path(CASE + "delete/", drafts.delete, name="delete"),
    # filing
    path(CASE + "check/", filing.check, name="check"),
    path(CASE + "declare/", filing.declare, name="declare"),
    path(CASE + "submit/", filing.submit, name="submit"),
    path(CASE + "submitted/", filing.submitted, name="submitted"),
    # what an insurer proposes
    path(CASE + "propose/", proposals.propose, name="propose"),
    path(CASE + "confirm/", proposals.confirm, name="confirm"),
    path(CASE + "decline/", proposals.decline, name="decline"),
    # a filed case
    path(CASE + "correction/", corrections.correction, name="correction"),
    path(CASE + "correction/<int:item>/", corrections.answer, name="answer"),
    path(CASE + "correction/take-back/<int:attachment>/", corrections.take_back, name="take_back"),
    path(CASE + "correction/category/", corrections.category, name="correction_category"),
    path(CASE + "correction/submit/", corrections.resubmit, name="resubmit"),
    path(CASE + "correction/submitted/", corrections.resubmitted, name="resubmitted"),
    path(CASE + "conversation/", conversation.conversation, name="conversation"),
    path(CASE + "conversation/read/", conversation.read, name="conversation_read"),
    path(CASE + "reply/", rejections.reply, name="reply"),
    path(CASE + "recovery/<int:recovery>/", recovery.recovery, name="recovery"),
    path(CASE + "recovery/<int:recovery>/proof/", recovery.proof, name="recovery_proof"),
    path(CASE + "withdraw/", endings.withdraw, name="withdraw"),
    path(CASE + "abandon/", endings.abandon, name="abandon"),
    path(CASE + "receipt/", files.receipt, name="receipt"),
    path(CASE + "document/<int:document>/", files.document, name="document"),
    path(CASE + "paper/<int:file>/", files.paper, name="paper"),
    path(CASE + "paper/<int:file>/preview.png", files.preview, name="preview"),
    # to print, seal and upload
    path(CASE + "papers/application_form/", papers.application_form, name="application_form"),
    path(CASE + "papers/pledge/", papers.pledge, name="pledge_paper"),
    path("insurer/mandates/papers.zip", papers.mandate_papers, name="mandate_papers"),
    path("entrustments/<int:pk>/paper/", papers.entrustment, name="entrustment_paper"),
    # the insurer's desk and clients
    path("insurer/", clients.home, name="insurer_home"),
    path("insurer/clients/", clients.clients, name="clients"),
    path("insurer/clients/export.csv", clients.clients_export, {"kind": "csv"}, name="clients_csv"),
    path("insurer/clients/export.xlsx", clients.clients_export, {"kind": "xlsx"}, name="clients_xlsx"),
    path("insurer/deadlines/", clients.deadlines, name="insurer_deadlines"),
    path("insurer/deadlines/export.csv", clients.deadlines_export, {"kind": "csv"}, name="deadlines_csv"),
    path("insurer/deadlines/export.xlsx", clients.deadlines_export, {"kind": "xlsx"}, name="deadlines_xlsx"),
    path(CLIENT, clients.client, name="client"),
    path(CLIENT + "windows/<int:window>/start/", clients.start, name="client_start"),
    path("insurer/applications/", clients.insurer_cases, name="insurer_cases"),
    path("insurer/applications/export.csv", clients.insurer_cases_export, {"kind": "csv"}, name="insurer_cases_csv"),
    path("insurer/applications/export.xlsx", clients.insurer_cases_export, {"kind": "xlsx"}, name="insurer_cases_xlsx"),
    # many at once
    path("insurer/imports/", imports.imports, name="imports"),
    path("insurer/imports/template/", imports.import_template, name="import_template"),
    path(IMPORT, imports.import_page, name="import"),
    path(IMPORT + "progress/", imports.import_progress, name="import_progress"),
    path(IMPORT + "commit/", imports.import_commit, name="import_commit"),
    path(IMPORT + "recheck/", imports.import_recheck, name="import_recheck"),
    path(IMPORT + "annotated/", imports.import_annotated, name="import_annotated"),
    path("insurer/policies/<int:pk>/endorse/", endorsements.endorse, name="endorse"),
    path("insurer/policies/<int:pk>/surrender/", endorsements.surrender, name="surrender"),
]
