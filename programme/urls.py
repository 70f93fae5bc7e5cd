from django.urls import include, path

from . import objecting, probes, views
from .sampling.views import sample

app_name = "programme"
urlpatterns = [
    path("", views.home, name="home"),
    path("notices/", views.notices, name="notices"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("guide/", views.guide, name="guide"),
    path("calculator/", views.calculator, name="calculator"),
    path("self-check/", views.self_check, name="self_check"),
    path("checklist/", views.checklist, name="checklist"),
    path("lists/", views.lists, name="lists"),
    path("lists/<int:pk>/", views.published_list, name="list"),
    path("lists/<int:pk>/notice.pdf", views.list_paper, name="list_paper"),
    path("lists/<int:pk>/objection/", objecting.object_to, name="object"),
    path("objections/", objecting.progress, name="objection_progress"),
    path("objections/<str:number>/<str:code>/", objecting.objection, name="objection"),
    path("verify/", views.verify, name="verify"),
    path("verify/<str:code>/", views.verified, name="verified"),
    path("progress/", views.progress, name="progress"),
    path("accessibility/", views.text, {"name": "accessibility"}, name="accessibility"),
    path("privacy/", views.text, {"name": "privacy"}, name="privacy"),
    path("sitemap/", views.text, {"name": "sitemap"}, name="sitemap"),
    path("report-error/", views.report_error, name="report_error"),
    path("sampling/", sample, name="sample"),
    path("oversight/", include("programme.oversight.urls")),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
]
