"""Pages for signing in and out, by password or through a provider, the second step, and one's own account."""

from __future__ import annotations

from service.console.signing_in import account, authenticator, second_step, sign_in, single_sign_on

ROUTES = (
    *account.ROUTES,
    *authenticator.ROUTES,
    *second_step.ROUTES,
    *sign_in.ROUTES,
    *single_sign_on.ROUTES,
)
