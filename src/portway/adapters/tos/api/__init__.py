"""The TOS interface: job orders in over REST, what becomes of them out over events and webhooks."""

from portway.adapters.tos.api.app import make_api
from portway.adapters.tos.api.desk import TosDesk

__all__ = ["TosDesk", "make_api"]
