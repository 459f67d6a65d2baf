"""What the administration does not offer: to take over somebody's account, or give roles unseen.

An address or a second factor changed there would let one person be two, and roles are given
on a page of their own, which the audit log records.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group

for model in (EmailAddress, Authenticator, Group):
    admin.site.unregister(model)
