"""Answers of GHL's token endpoint that nobody expects: a sentence, and nothing stored."""

import json

import pytest
from requests.adapters import HTTPAdapter

from integration.errors import SetupError
from integration.oauth.app import TokenAnswer, sandbox_app

TOKENS = {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "expires_in": 86_399}
REDIRECT = "http://127.0.0.1:8000/oauth/ghl/callback/"
ODD = {
    "a list": [],
    "null": None,
    "nothing": {},
    "a life that is no number": {**TOKENS, "expires_in": "soon"},
    "a life that is a list": {**TOKENS, "expires_in": [1]},
}


@pytest.fixture
def answers(monkeypatch):
    real = HTTPAdapter.send

    def give(body):
        def send(adapter, request, **options):
            answer = real(adapter, request, **options)
            answer.status_code, answer._content = 200, json.dumps(body).encode()
            return answer

        monkeypatch.setattr(HTTPAdapter, "send", send)

    return give


@pytest.mark.parametrize("case", ODD)
def test_an_answer_that_cannot_be_read_is_refused_in_words(world, db, answers, case):
    answers(ODD[case])
    with pytest.raises(SetupError, match="GHL"):
        sandbox_app().exchange_code("c0de", REDIRECT)


def test_what_no_database_stores_is_taken_out_of_an_answer():
    answer = TokenAnswer.from_json({**TOKENS, "locationId": "loc\0", "companyId": "\ud800", "scope": ["a\0", "b"]})
    assert (answer.location_id, answer.company_id, answer.scopes) == ("loc", "?", "a b")
