"""What the audit of installed packages says and how it ends, with a pip-audit that says whatever a test has it say."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_engine
ROOT = Path(__file__).resolve().parent.parent
LOCKED = {
    name: set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))
    for name in ("requirements.txt", "requirements-dev.txt")
}
COUNT = len(LOCKED["requirements-dev.txt"])
CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
FLAWED = {"name": "oldlib", "version": "1.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1"], "aliases": []}]}
UNKNOWN = {"name": "newlib", "skip_reason": "not found on the index"}


@pytest.fixture
def audit(tmp_path):
    def run(packages, code=0, **settings):
        fake = tmp_path / "pip-audit"
        report = "" if packages is None else f"""printf %s '{json.dumps({"dependencies": packages})}' >"${{!#}}" """
        fake.write_text(f"#!/bin/bash\n{report}\necho 'name resolution failed' >&2\nexit {code}\n")
        fake.chmod(0o755)
        path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run([ROOT / ".ci" / "audit"], capture_output=True, text=True, env={**path, **settings})
        return done.returncode, done.stdout

    return run


def test_without_a_known_flaw_it_passes(audit):
    code, said = audit([CLEAN] * COUNT)
    assert (code, said) == (0, f"requirements-dev.txt: {COUNT} of {COUNT} packages audited, 0 known flaws.\n")


def test_a_known_flaw_fails_and_says_where_it_is_mended(audit):
    code, said = audit([CLEAN, FLAWED, UNKNOWN], code=1)
    assert (code, "FOUND: oldlib 1.0 has CVE-2026-1; mended in: 1.1" in said) == (1, True)


def test_when_nobody_could_be_asked_it_says_so_and_fails_only_where_it_is_required(audit):
    code, said = audit(None, code=1)
    assert (code, "NOT AUDITED" in said, "name resolution failed" in said) == (0, True, True)
    assert audit(None, code=1, AUDIT_REQUIRED="true")[0] == 2


def test_what_the_index_does_not_know_or_leaves_out_is_never_called_clean(audit):
    code, said = audit([*[CLEAN] * (COUNT - 1), UNKNOWN])
    assert (code, "told nothing of 1 packages (not found on the index)" in said) == (0, True)
    assert f"{COUNT - 1} of {COUNT} packages audited, 0 known flaws." in said
    assert f"told nothing of {COUNT - 1} packages (it left them out)" in audit([CLEAN])[1]


def test_the_audited_lock_file_holds_the_other_too_and_all_is_locked_by_hashes():
    assert LOCKED["requirements.txt"] <= LOCKED["requirements-dev.txt"]
    for name, packages in LOCKED.items():
        text = (ROOT / name).read_text()
        assert len(packages) == len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)) > 40
        assert not re.search(r"file:|https?:|--(extra-)?index-url|--find-links", text)
