"""Fixtures that all tests share. Being here also puts `tests/` on the path, so that tests can import `checker`."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def portway_data() -> Path:
    """Folder of the outside data (`PORTWAY_DATA`, default `../shared/data`): skips without it, fails under `CI`."""
    folder = (ROOT / os.environ.get("PORTWAY_DATA", "../shared/data")).resolve()
    if folder.is_dir():
        return folder
    reason = (
        f"outside data not found: PORTWAY_DATA points to {folder}; give it the folder that holds cplp/, edi/, wsc2025/"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


settings.register_profile("portway", deadline=None)  # kernels compile on first use, and machines are shared
settings.load_profile("portway")
