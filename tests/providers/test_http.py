"""What answers mean, and that no secret is kept."""

import json

import pytest
import requests

from integration import errors
from integration.providers import http
from integration.providers.ghl import client as ghl_client
from integration.providers.ghl import contacts as ghl
from integration.providers.gist import client as gist_client
from integration.providers.gist import contacts as gist


class Canned(requests.adapters.BaseAdapter):
    """A transport that gives one answer, or fails with one exception."""

    def __init__(self, status=200, body=b"{}", headers=None, error=None):
        self.status, self.body, self.headers, self.error = status, body, headers or {}, error

    def send(self, *args, **kwargs):
        if self.error:
            raise self.error
        answer = requests.Response()
        answer.status_code, answer._content = self.status, self.body
        answer.headers.update(self.headers)
        return answer


def try_ghl(*args, call=None, **kwargs):
    wire = ghl_client.new_wire("http://ghl.test", 5)
    wire.session.mount("http://", Canned(*args, **kwargs))
    return wire.try_once(call or ghl.GET(contact_id="c1"), "Bearer secret-token")


def try_gist(*args, call=None, **kwargs):
    wire = gist_client.new_wire("http://gist.test", 5)
    wire.session.mount("http://", Canned(*args, **kwargs))
    return wire.try_once(call or gist.GET(contact_id="1"), "Bearer secret-token")


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (400, b'{"message":"Contact with id X not found"}', errors.Gone),
        (400, b'{"message":"bad"}', errors.Rejected),
        (400, b'{"message":"no","meta":{"contactId":"c9","matchingField":"email"}}', errors.Duplicate),
        (400, b'{"message":"Location is not active"}', errors.LocationInactive),
        (401, b'{"message":"Invalid JWT"}', errors.TokenExpired),
        (401, b'{"message":"The token is not authorized for this scope."}', errors.MissingScope),
        (403, b'{"message":"The token does not have access to this location."}', errors.NoAccess),
        (403, b'{"message":"Forbidden resource"}', errors.MissingScope),
        (404, b'{"message":"Cannot GET /x"}', errors.Gone),
        (422, b'{"message":["property gender should not exist"]}', errors.Rejected),
        (429, b'{"message":"Too Many Requests"}', errors.RateLimited),
        (408, b"slow", errors.ServerFault),
        (500, b"oops", errors.ServerFault),
        (200, b'{"contact":', errors.UnreadableAnswer),
        (425, b"{}", errors.Retryable),
    ],
)
def test_ghl_s_answers_mean_what_the_documentation_says(status, body, meaning):
    assert type(try_ghl(status, body).error) is meaning


@pytest.mark.parametrize("said", ["email must be an email", "email must be an email.", "Really?"])
@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_what_ghl_says_ends_as_a_sentence_for_what_is_said_after_it(status, said):
    told = str(try_ghl(status, json.dumps({"message": said}).encode()).error)
    whole = said if said.endswith("?") else f"{said.rstrip('.')}."
    assert told.partition(" The call")[0].endswith(f": {whole}")


def test_a_login_of_another_location_is_not_told_as_a_missing_scope():
    sentence = str(try_ghl(403, b'{"message":"The token does not have access to this location."}').error)
    assert "location id and the login do not belong together" in sentence
    assert "contacts.readonly" not in sentence


@pytest.mark.parametrize("kind", [errors.ServerFault, errors.UnreadableAnswer])
def test_an_answer_that_says_nothing_is_looked_into_like_one_that_was_lost(kind):
    assert issubclass(kind, errors.LostAnswer)


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>"])
def test_a_read_that_is_answered_with_nothing_or_a_page_is_read_again(body):
    assert issubclass(errors.UnreadableAnswer, errors.Retryable)
    assert type(try_gist(200, body).error) is errors.UnreadableAnswer


def test_a_duplicate_names_the_contact_that_exists():
    answer = try_ghl(400, b'{"message":"no","meta":{"contactId":"c9","matchingField":"phone"}}')
    assert answer.error.existing_id == "c9"
    assert "phone" in str(answer.error)


def test_a_refused_gist_key_asks_for_a_person():
    answer = try_gist(401, b'{"errors":[{"message":"Unauthorized"}]}')
    assert type(answer.error) is errors.ReconnectRequired
    assert "API Key" in str(answer.error)


def test_an_unknown_address_in_gist_is_nobody_not_an_error():
    answer = try_gist(404, b'{"errors":[{"message":"Contact not found"}]}', call=gist.FIND(query={"email": "a@b.test"}))
    assert answer.error is None
    assert answer.value.contact is None


@pytest.mark.parametrize(
    ("problem", "meaning"),
    [
        (requests.ReadTimeout("slow"), errors.LostAnswer),
        (requests.ConnectionError("Connection aborted"), errors.LostAnswer),
        (requests.ConnectTimeout("no way"), errors.Retryable),
    ],
)
def test_a_broken_line_says_whether_the_call_may_have_been_carried_out(problem, meaning):
    assert type(try_ghl(error=problem).error) is meaning


def test_retry_after_is_read_and_its_absence_noticed():
    assert try_ghl(429, b"{}", {"Retry-After": "7"}).error.wait == 7
    assert try_ghl(429, b"{}").error.wait is None


def test_the_limit_headers_are_read():
    headers = {"X-RateLimit-Max": "100", "X-RateLimit-Remaining": "42", "X-RateLimit-Daily-Remaining": "9"}
    assert vars(try_ghl(200, b'{"contact":{"id":"c1"}}', headers).limits) == {
        "maximum": 100,
        "remaining": 42,
        "daily_remaining": 9,
    }


def test_control_characters_inside_json_are_accepted():
    assert try_ghl(200, b'{"contact":{"id":"c1","name":"a\tb"}}').error is None


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"A\\u0000nn", "Ann"),
        (b"A\0nn", "Ann"),
        (b"Ann \\ud83d\\uDE00", "Ann 😀"),
        (b"Ann \\uD83d", "Ann ?"),
        (b"Ann \xed\xa0\xbd", "Ann ?"),
    ],
)
def test_what_no_database_stores_is_taken_out_of_a_name(sent, name):
    assert try_ghl(200, b'{"contact":{"id":"c1","name":"%s"}}' % sent).value.contact.name == name


@pytest.mark.parametrize("body", [b"<html>\0</html>", b'{"contact":' * 100_000])
def test_an_answer_that_is_no_json_is_kept_as_a_database_can_hold_it(body):
    answered = try_ghl(200, body)
    assert type(answered.error) is errors.UnreadableAnswer
    assert "\0" not in answered.attempt.response


def test_no_secret_is_kept_with_an_attempt():
    body = b'{"contact":{"id":"c1","access_token":"secret-answer","deep":[{"client_secret":"secret-deep"}]}}'
    assert "secret" not in str(try_ghl(200, body).attempt.as_json()["response"]).replace("client_secret", "")


@pytest.mark.parametrize("name", ["code", "password", "refresh_token", "client_secret", "Authorization", "apiKey"])
def test_what_opens_a_door_is_masked_by_its_name_at_any_depth(name):
    masked = http.redact_secrets({"items": [{"inner": {name: "s3cret", "country_code": "US"}}]})
    assert masked == {"items": [{"inner": {name: "***", "country_code": "US"}}]}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A proxy and a netrc file, as a machine may have them."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine ghl.test login stranger password theirs\n")
    for name, value in {"HTTP_PROXY": "http://proxy.test", "ALL_PROXY": "http://proxy.test"}.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)


class Recorded(Canned):
    """A transport that keeps what it was given."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.sent = []

    def send(self, request, **options):
        self.sent.append((request, options))
        answer = super().send(request, **options)
        answer.request, answer.url = request, request.url
        return answer


def through(transport):
    wire = ghl_client.new_wire("http://ghl.test", 5)
    wire.session.mount("http://", transport)
    return wire.try_once(ghl.CREATE(body={"locationId": "l1"}), "Bearer secret-token")


def test_the_environment_s_proxy_and_passwords_are_not_obeyed(environment):
    transport = Recorded()
    through(transport)
    ((request, options),) = transport.sent
    assert (request.headers["Authorization"], dict(options["proxies"] or {})) == ("Bearer secret-token", {})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_nobody_is_given_the_login(status):
    transport = Recorded(status, headers={"Location": "http://stranger.test/"})
    answered = through(transport)
    assert [request.url for request, _ in transport.sent] == ["http://ghl.test/contacts/"]
    assert isinstance(answered.error, errors.ProviderError)


def test_a_long_answer_is_cut():
    assert len(http.redact_secrets({"note": "x" * 10_000})) < 4_100


def test_the_transport_itself_never_sends_a_call_twice():
    session = http.new_session()
    for scheme in ("https://ghl.test", "http://ghl.test"):
        assert session.get_adapter(scheme).max_retries.total == 0


def test_a_read_in_another_form_is_malformed_and_a_write_may_have_been_carried_out():
    body = b'{"contact": {"id": "c1", "tags": 5}}'
    read, written = try_ghl(200, body).error, try_ghl(200, body, call=ghl.UPDATE(contact_id="c1", body={})).error
    assert (type(read), type(written)) == (errors.Malformed, errors.UnreadableAnswer)
    assert "contact.tags: Input should be a valid list" in str(read)
