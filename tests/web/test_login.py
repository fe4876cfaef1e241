"""Logging in and out."""

from __future__ import annotations


def test_a_session_is_recognised(app, client_as, token_as):
    from litmine.web.access import principal_of, require

    @app.get("/whoami", dependencies=[require("reader")])
    def whoami() -> dict[str, str]:
        return {"ok": "yes"}

    assert client_as("reader").get("/whoami").json() == {"ok": "yes"}
    assert token_as("reader").get("/whoami").json() == {"ok": "yes"}
    assert client_as(None).get("/whoami").status_code == 303
    assert principal_of is not None
