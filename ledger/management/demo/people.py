"""The demo's log-ins: one of each role, and one contributor."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress

from contributors.models import User

PASSWORD = "flights and speeches"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who acts in the demo."""

    contributor: User
    reviewer: User
    approver: User
    auditor: User
    administrator: User


def people_ensure() -> People:
    """Everybody can log in with the printed password; their addresses count as confirmed."""
    return People(**{role: _person(role) for role in People.__dataclass_fields__})


def _person(role: str) -> User:
    email = f"{role}@example.org"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(
            email,
            PASSWORD,
            role=role,
            full_name=f"Demo {role}",
            is_superuser=role == "administrator",
        )
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def person_without_log_in(name: str) -> User:
    """A contributor who cannot log in: the demo acts for it."""
    return User.objects.create_user(f"{name}@example.org", None, role=User.Role.CONTRIBUTOR)
