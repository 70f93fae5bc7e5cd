"""An applicant's pages: the desk, a draft's tasks, filing, and the case once it is filed."""

from django.urls import path

from .views import cases, desk, drafts, files, filing

CASE = "enterprise/applications/<int:pk>/"

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
    path(CASE + "pledge/print/", drafts.pledge_paper, name="pledge_paper"),
    path(CASE + "further/", drafts.further, name="further"),
    path(CASE + "attach/", files.attach, name="attach"),
    path(CASE + "detach/<int:attachment>/", files.detach, name="detach"),
    path(CASE + "delete/", drafts.delete, name="delete"),
    # filing
    path(CASE + "check/", filing.check, name="check"),
    path(CASE + "declare/", filing.declare, name="declare"),
    path(CASE + "submit/", filing.submit, name="submit"),
    path(CASE + "submitted/", filing.submitted, name="submitted"),
    # a filed case
    path(CASE + "withdraw/", cases.withdraw, name="withdraw"),
    path(CASE + "receipt/", files.receipt, name="receipt"),
    path(CASE + "document/<int:document>/", files.document, name="document"),
    path(CASE + "paper/<int:file>/", files.paper, name="paper"),
]
