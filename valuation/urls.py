"""Addresses of the valuation pages."""

from django.urls import path, re_path

from valuation import pages

app_name = "valuation"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NOUNS = "|".join(sorted(pages.SERVICES))
urlpatterns = [
    path("runs/", pages.run_list, name="runs"),
    path("runs/new/", pages.run_new, name="run-new"),
    path("runs/<uuid:run_id>/", pages.run_detail, name="run"),
    path("runs/<uuid:run_id>/progress/", pages.run_progress, name="run-progress"),
    path("runs/<uuid:run_id>/priority/", pages.run_prioritise, name="run-prioritise"),
    path("runs/<uuid:run_id>/analyses/", pages.analysis_ask, name="analysis-ask"),
    re_path(rf"^runs/(?P<run_id>{UUID})/(?P<noun>{NOUNS})/$", pages.run_act, name="run-act"),
]
