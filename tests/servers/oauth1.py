"""An OAuth 1.0a provider for tests: `oauthlib` checks every request, `http.server` serves it, on loopback only.

Prints `listening: ADDRESS` and serves until it is killed. Tests query and change it through
`/__control/...`. The consent page needs no script.
"""

import html
import json
import secrets
import string
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from types import SimpleNamespace
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from oauthlib.common import add_params_to_uri
from oauthlib.oauth1 import RequestValidator, WebApplicationServer
from oauthlib.oauth1.rfc5849.endpoints import base

CLIENTS = {"keyrack": "a-secret+/:%&=of-the-application"}

# Seconds that this server's clock, and the clock of its `Date` header, are ahead of the computer's.
clock = SimpleNamespace(offset=0, date_offset=0)


def now():
    return time.time() + clock.offset


# The library uses the time only to check timestamps.
base.time = SimpleNamespace(time=now)


class Books(RequestValidator):
    """Issued credentials and used nonces."""

    # RFC 5849 leaves the formats to the server: any printable one is accepted, so that only the signature decides.
    safe_characters = set(string.printable) - set(string.whitespace)
    client_key_length = request_token_length = access_token_length = nonce_length = verifier_length = (1, 200)
    enforce_ssl = False
    timestamp_lifetime = 300
    allowed_signature_methods = ("HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT")
    dummy_client = dummy_request_token = dummy_access_token = "nobody"

    def __init__(self):
        super().__init__()
        self.temporary, self.access, self.nonces = {}, {}, set()
        self.lock = Lock()
        self.counts = {"temporary": 0, "access": 0, "calls": 0, "nonce_used": 0, "timestamp_refused": 0, "methods": {}}

    def get_client_secret(self, client_key, request):
        return CLIENTS.get(client_key, "nobody's")

    def get_request_token_secret(self, client_key, token, request):
        return self.temporary.get(token, {}).get("secret", "nobody's")

    def get_access_token_secret(self, client_key, token, request):
        return self.access.get(token, {}).get("secret", "nobody's")

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def get_redirect_uri(self, token, request):
        return self.temporary[token]["callback"]

    def invalidate_request_token(self, client_key, request_token, request):
        del self.temporary[request_token]

    def validate_client_key(self, client_key, request):
        return client_key in CLIENTS

    def validate_request_token(self, client_key, token, request):
        return token in self.temporary

    def validate_access_token(self, client_key, token, request):
        return token in self.access

    def validate_timestamp_and_nonce(
        self, client_key, timestamp, nonce, request, request_token=None, access_token=None
    ):
        # RFC 5849 section 3.3: unique across all requests with the same timestamp, client and token.
        seen = (client_key, timestamp, nonce, request_token or access_token)
        with self.lock:
            if seen in self.nonces:
                self.counts["nonce_used"] += 1
                request.validator_log["nonce_used"] = True
                return False
            self.nonces.add(seen)
            methods = self.counts["methods"]
            methods[request.signature_method] = methods.get(request.signature_method, 0) + 1
        return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri == "oob" or urlsplit(redirect_uri).scheme in ("http", "https")

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def validate_verifier(self, client_key, token, verifier, request):
        known = self.temporary.get(token, {}).get("verifier")
        return known is not None and secrets.compare_digest(known, verifier)

    def verify_request_token(self, token, request):
        return token in self.temporary

    def save_request_token(self, token, request):
        self.temporary[token["oauth_token"]] = {
            "secret": token["oauth_token_secret"],
            "callback": request.redirect_uri,
        }
        self.counts["temporary"] += 1

    def save_verifier(self, token, verifier, request):
        self.temporary[token]["verifier"] = verifier["oauth_verifier"]

    def save_access_token(self, token, request):
        login = self.temporary[request.resource_owner_key]["login"]
        self.access[token["oauth_token"]] = {"secret": token["oauth_token_secret"], "login": login}
        self.counts["access"] += 1


books = Books()
library = WebApplicationServer(books)

PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Sign in</title><h1>Sign in</h1>
<form method="post" action="/authorize">
<input name="login" value="maria">
<input type="hidden" name="request" value="{token}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form></html>"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def date_time_string(self, timestamp=None):
        return formatdate(time.time() + clock.date_offset, usegmt=True)

    def log_message(self, format, *arguments):
        pass

    def answer(self):
        address = f"http://{self.headers['Host']}{self.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = urlsplit(self.path).path
        request = (address, self.command, body, dict(self.headers))
        if path == "/request_token":
            self.judged(*library.create_request_token_response(*request))
        elif path == "/access_token":
            self.judged(*library.create_access_token_response(*request))
        elif path == "/me":
            self.me(*request)
        elif path == "/authorize" and self.command == "GET":
            self.consent(address)
        elif path == "/authorize":
            self.decided(dict(parse_qsl(body)))
        elif path.startswith("/__control/"):
            self.control(path.removeprefix("/__control/"), json.loads(body or "{}"))
        else:
            self.send(404, "")

    def judged(self, headers, body, status):
        """An answer of the library, with the extension by which providers tell what was wrong."""
        if status != 200:
            problem = dict(parse_qsl(body or "")).get("error_description", "")
            if problem.startswith("Timestamp given is invalid"):
                return self.timestamp_refused()
            if body is None:
                return self.send(401, urlencode({"oauth_problem": "permission_denied"}))
        self.send(status, body or "", headers.get("Content-Type", "text/plain"))

    def timestamp_refused(self):
        books.counts["timestamp_refused"] += 1
        middle = int(now())
        acceptable = f"{middle - books.timestamp_lifetime}-{middle + books.timestamp_lifetime}"
        pairs = {"oauth_problem": "timestamp_refused", "oauth_acceptable_timestamps": acceptable}
        self.send(401, urlencode(pairs))

    def me(self, *request):
        books.counts["calls"] += 1
        # For a test that repeats the request.
        books.counts["last"] = self.headers["Authorization"]
        valid, seen = library.validate_protected_resource_request(*request, realms=[])
        if not valid:
            # The library gives no reason here.
            if seen and abs(now() - int(seen.timestamp or 0)) > books.timestamp_lifetime:
                return self.timestamp_refused()
            nonce_used = seen and seen.validator_log.get("nonce_used")
            return self.send(401, urlencode({"oauth_problem": "nonce_used" if nonce_used else "token_rejected"}))
        login = books.access[seen.resource_owner_key]["login"]
        self.send(200, json.dumps({"email": f"{login}@oauth1.example"}), "application/json")

    def consent(self, address):
        token = parse_qs(urlsplit(address).query).get("oauth_token", [""])[0]
        if token not in books.temporary:
            return self.send(400, "no such request token")
        self.send(200, PAGE.format(token=html.escape(token)), "text/html; charset=utf-8")

    def decided(self, form):
        token = form.get("request", "")
        if token not in books.temporary:
            return self.send(400, "no such request token")
        books.temporary[token]["login"] = form.get("login", "maria")
        if form.get("decision") == "allow":
            address = f"http://{self.headers['Host']}/authorize?oauth_token={quote(token)}"
            headers, _, _ = library.create_authorization_response(address, http_method="POST")
            target = headers["Location"]
        else:
            # RFC 5849 does not define denials; Trello, Twitter and others do this.
            denied = [("denied", token), ("oauth_problem", "user_refused"), ("oauth_token", token)]
            target = add_params_to_uri(books.temporary[token]["callback"], denied)
        self.send(303, "", location=target)

    def control(self, path, given):
        if path == "clock":
            clock.offset = given["offset"]
            clock.date_offset = given.get("date_offset", clock.offset)
        elif path == "forget":
            books.access.clear()
        elif path != "counts":
            return self.send(404, "")
        self.send(200, json.dumps(books.counts), "application/json")

    def send(self, status, body, kind="application/x-www-form-urlencoded", location=None):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening: http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
