"""OpenID Connect providers: a real one, and one that lies, which no real one can be made to."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.clients import node
from tests.support.processes.ports import free_port
from tests.support.waiting import eventually

CLIENT, SECRET = "winnow-console", "a secret of the client, long enough"


class RealProvider:
    """`oidc-provider` on Node, for people who sign in by their login alone; `people` are their claims."""

    def __init__(self, redirect: str, people: dict[str, dict[str, Any]], log: Path) -> None:
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        told = {"port": self.port, "client": CLIENT, "secret": SECRET, "redirect": redirect, "people": people}
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        modules = node.installed() / "node_modules"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [node.NODE, str(node.LOCKED / "provider.js")],
                env=kept | {"NODE_PATH": str(modules), "PROVIDER": json.dumps(told)},
                stdout=output,
                stderr=output,
            )
        eventually(self._is_up, what=f"the provider listens; its log is {log}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait(60)

    def _is_up(self) -> bool:
        assert self._process.poll() is None, "the provider ended"
        try:
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=2).ok
        except requests.RequestException:
            return False


class LyingProvider:
    """Answers with whatever ID token it is told to. `app` is to be served; `issuer` set to where it is."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signs_with: RSAKey | OctKey = self.key
        self.algorithm = "RS256"
        #: What the next ID token says, over what it should say; None takes a claim away.
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.without_id_token = False
        #: Makes the ID token of claims, in place of signing them.
        self.forges: Callable[[dict[str, Any]], str] | None = None
        self.hangs = 0.0
        self.nonce = ""
        self.app = Flask("lying_provider")
        for path, view in (
            ("/.well-known/openid-configuration", self._configuration),
            ("/jwks", lambda: jsonify(keys=[self.key.as_dict(private=False)])),
            ("/me", lambda: jsonify({"sub": "subject-1"} | self.userinfo)),
        ):
            self.app.add_url_rule(path, path, view)
        self.app.add_url_rule("/token", "token", self._token, methods=["POST"])

    def _configuration(self) -> Any:
        return jsonify(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/me",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            | self.metadata
        )

    def _token(self) -> Any:
        until = time.monotonic() + self.hangs
        while self.hangs and time.monotonic() < until:  # until it is told to hang no more
            time.sleep(0.05)
        assert request.form["code_verifier"]
        now = int(time.time())
        claims = {
            **{"iss": self.issuer, "aud": CLIENT, "sub": "subject-1", "iat": now, "exp": now + 300},
            **{"nonce": self.nonce, "email": "mo@example.org", "email_verified": True},
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        answer = {"access_token": "an access token", "token_type": "Bearer", "expires_in": 300}
        if not self.without_id_token:
            answer["id_token"] = self._signed(claims) if self.forges is None else self.forges(claims)
        return jsonify(answer)

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": "one"}
        return jwt.encode(header, claims, self.signs_with, algorithms=[self.algorithm])
