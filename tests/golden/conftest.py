"""The option that renews the stored figures; known when this folder is named on the command line."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`python3 run.py test tests/golden --renew`"""
    parser.addoption("--renew", action="store_true", help="store what the golden runs give now")
