"""Addresses of the ledger's pages."""

from django.urls import path

from ledger.pages import welcome

app_name = "ledger"
urlpatterns = [
    path("", welcome.landing, name="home"),
    path("about/", welcome.about, name="about"),
]
