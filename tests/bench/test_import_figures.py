"""B8: what it costs to check a file of 100,000 rows, in memory above idle and in rows per second."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook

pytestmark = pytest.mark.bench
ROWS = 100_000
HEADERS = ["E-mail", "First name", "Last name", "Phone", "City", "Country", "Birthday", "Tags", "Note", "Opt out"]

# In a process of its own: memory that another test used would hide what this one needs.
CHECK = """
import json, sys, time
from pathlib import Path
import django
django.setup()
import phonenumbers
from integration.imports.check import FileCheck
from integration.imports.columns import choose_columns
from integration.imports.read import open_table
from integration.imports.rejected import ENCODING, RejectedFile
from integration.imports.routes import Destination
from integration.mapping.rules import Row, Rules
from integration.providers.ghl import fields as ghl
from integration.providers.gist import fields as gist


def megabytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) / 1024


accounts = {"gist": gist.BUILT_IN, "ghl": ghl.BUILT_IN}
rules = Rules(country="US", rows=(Row("phone", "phone", steps=({"name": "phone_e164"},)),))
source = Path(sys.argv[1])
idle, began = megabytes("VmRSS"), time.monotonic()
table = open_table(source)
check = FileCheck(choose_columns(table, accounts, country="US"), Destination(accounts, rules))
with source.with_suffix(".rejected").open("w", encoding=ENCODING, newline="") as file:
    rejected = RejectedFile(file, table.headers, table.delimiter)
    for row in check.check(table.rows()):
        if row.is_rejected:
            rejected.add(row.row.cells, row.faults)
took = time.monotonic() - began
totals = check.totals
print(json.dumps([totals.rows, totals.rejected, took, megabytes("VmHWM") - idle]))
"""


def cells(number: int) -> list[str]:
    """One in a hundred has no address that could be one."""
    address = "nobody" if number % 100 == 99 else f"person{number}@example.com"
    born, phone = (
        f"19{number % 90 + 10}-03-{number % 28 + 1:02}",
        f"(212) 5{number // 10_000 % 100:02}-{number % 10_000:04}",
    )
    return [address, f"Zoë{number}", "Müller", phone, "Rome", "Italy", born, "vip, new", f"Note {number}", ""]


def write_csv(path: Path, rows: int) -> None:
    # None of the cells needs quotes but the tags.
    with path.open("w") as file:
        file.write(",".join(HEADERS) + "\n")
        for number in range(rows):
            file.write(",".join(f'"{cell}"' for cell in cells(number)) + "\n")


def write_xlsx(path: Path, rows: int) -> None:
    """As exporters write it that leave out the size of the sheet: openpyxl then reads all of it whenever it opens."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADERS)
    for number in range(rows):
        sheet.append(cells(number))
    book.save(path)


def measure(path: Path) -> tuple[int, int, float, float]:
    """Rows, rejected ones, seconds, and megabytes above idle at the peak."""
    done = subprocess.run([sys.executable, "-c", CHECK, str(path)], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    rows, rejected, took, memory = json.loads(done.stdout)
    return rows, rejected, took, memory


# A workbook has no goal of its own in speed: openpyxl alone takes longer to read it than everything takes for a CSV.
@pytest.mark.parametrize(("ending", "write", "goal"), [("csv", write_csv, 5000), ("xlsx", write_xlsx, 1000)])
def test_b8_a_large_file_is_checked_quickly_and_in_little_memory(tmp_path, table, ending, write, goal):
    path = tmp_path / f"contacts.{ending}"
    write(path, ROWS)
    checked, rejected, took, memory = measure(path)
    assert (checked, rejected) == (ROWS, ROWS // 100)
    name = f"B8 {ending.upper()} of {ROWS:,} rows"
    table.add(f"{name}: peak memory above idle", f"{memory:.0f} MB", "≤ 100 MB", memory <= 100)
    table.add(f"{name}: rows checked per second", f"{ROWS / took:,.0f}", f"≥ {goal:,}", ROWS / took >= goal)
