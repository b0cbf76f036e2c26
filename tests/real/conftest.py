"""Where the real data sets stand; the tests that read them skip, saying so, where they are absent."""

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of shared data sets: `SEATRIAL_DATA`, or `../shared/data` from the project's root."""
    folder = Path(os.environ.get("SEATRIAL_DATA") or _PROJECT / "../shared/data").resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; set SEATRIAL_DATA to the folder that holds xstest/ and the others")
    return folder
