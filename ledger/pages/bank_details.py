"""Where a contributor is paid: stored encrypted, shown with four figures."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.roles import PersonRequest, form_page
from ledger.errors import Refusal
from ledger.forms import BankDetailsForm
from ledger.models import BankDetails
from ledger.services.bank_details import bank_details_set


@form_page("contributor")
def bank_details(request: PersonRequest) -> HttpResponse:
    """The account is replaced as a whole; the old one is not shown."""
    contributor = getattr(request.user, "contributor", None)
    if contributor is None:
        return redirect("contributors:profile")
    form = BankDetailsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = bank_details_set(
                contributor=contributor,
                actor=request.user,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"You are paid to {row.masked} from the next batch on.")
            return redirect("ledger:bank-details")
    there = BankDetails.objects.filter(contributor=contributor).first()
    context = {"form": form, "details": there}
    return render(request, "ledger/bank_details.html", context, status=form.status)
