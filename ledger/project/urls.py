"""All addresses: pages of each app, the API, the schema, the probes."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ledger.project import probes
from ledger.project.metrics import metrics

API = ("contributors.api_urls", "valuation.api_urls", "ledger.api_urls")
PAGES = ("contributors.urls", "valuation.urls", "ledger.urls")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    *(path("api/v1/", include(module)) for module in API),
    *(path("", include(module)) for module in PAGES),
]

handler500 = "ledger.project.problems.server_error"
