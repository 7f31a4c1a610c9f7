"""The cache holds JSON: what somebody else put into its table or into Redis is never run."""

import base64
import pickle
from datetime import timedelta

import pytest
from django.core.cache import cache, caches
from django.utils import timezone

from dashboard.cache import JsonSerializer
from dashboard.models import CacheEntry

pytestmark = pytest.mark.django_db


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.fixture
def table(settings):
    if settings.REDIS_URL:
        pytest.skip("The table serves the cache only without REDIS_URL.")


def test_a_pickle_in_the_table_is_not_there_and_never_run(table, tmp_path):
    pickled = base64.b64encode(pickle.dumps(Planted(tmp_path / "ran"))).decode()
    expires = timezone.now() + timedelta(hours=1)
    CacheEntry.objects.create(cache_key=cache.make_key("planted"), value=pickled, expires=expires)
    assert cache.get("planted", "nothing") == "nothing"
    assert not (tmp_path / "ran").exists()


def test_a_pickle_in_redis_is_refused_and_never_run(tmp_path):
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        JsonSerializer().loads(pickle.dumps(Planted(tmp_path / "ran")))
    assert not (tmp_path / "ran").exists()


def test_what_json_does_not_know_cannot_be_kept(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        cache.set("x", Planted(tmp_path / "ran"))


@pytest.mark.parametrize("value", [0, 7, True, None, "text", [1.5, "ä"], {"a": [None]}], ids=str)
def test_a_value_comes_back_as_it_was_kept(value):
    cache.set("x", value)
    assert cache.get("x", "nothing") == value


def test_it_ends_with_its_time(table, time_machine):
    time_machine.move_to("2026-11-26T10:00:00Z", tick=False)
    cache.set("x", 1, 60)
    assert cache.add("x", 2, 60) is False
    time_machine.move_to("2026-11-26T10:01:01Z", tick=False)
    assert cache.get("x") is None
    assert cache.add("x", 2, 60) is True
    assert cache.get("x") == 2


def test_it_is_added_counted_touched_and_deleted():
    assert cache.add("x", 1) is True
    assert cache.add("x", 5) is False
    assert cache.incr("x") == 2
    assert cache.touch("x", 60) is True
    assert cache.touch("y", 60) is False
    assert cache.get_many(["x", "y"]) == {"x": 2}
    cache.set("x", 3, None)
    assert cache.get("x") == 3
    assert cache.delete("x") is True
    assert cache.get("x") is None


def test_a_full_table_makes_room(table, monkeypatch):
    # Of the cache itself: `cache` is a proxy, which does not take back what was set on it.
    monkeypatch.setattr(caches["default"], "_max_entries", 10)
    for number in range(30):
        cache.set(f"key-{number}", number)
    assert CacheEntry.objects.count() <= 12
    assert cache.get("key-29") == 29
