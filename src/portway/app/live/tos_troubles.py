"""What goes wrong with the links to the TOS, as alarms: each once, with whom or what it is about and what cures it.

A TOS that is told nothing, or whose list nobody takes, notices nothing by itself: it is told by people, whom an alarm
calls. How often something was tried is for the log.
"""

from collections.abc import Callable, Sequence

from portway.adapters.tos.api.outbox import Delivery
from portway.adapters.tos.edi_folder import EdiResult
from portway.adapters.tos.edi_tray import plain_name

NAMED_MAX = 10  # files of one look that have an alarm of their own
DETAIL_CHARS_MAX = 400


class TosTroubles:
    """Remembers what is wrong, so that it is told once, and until when it lasts."""

    def __init__(self, tell: Callable[[str, str, str], None], has_given_up: Callable[[str], bool]) -> None:
        """`tell` takes code, subject and detail of an alarm; `has_given_up` says whether a receiver has still not taken
        something."""
        self._tell, self._has_given_up = tell, has_given_up
        self._failing: set[str] = set()  # links
        self._stuck: set[str] = set()  # files

    def persists(self, code: str, subject: str) -> bool:
        """Whether what was told is still so."""
        match code:
            case "webhook_given_up":
                return self._has_given_up(subject)
            case "tos_link_failed":
                return subject in self._failing
            case "edi_stuck":
                return subject in self._stuck
        return False

    def given_up(self, delivery: Delivery) -> None:
        """A receiver has not taken a delivery."""
        cure = f"see to the receiver, then POST /v1/deliveries/{delivery.key}/retry; GET /v1/deliveries lists all"
        reason = f"{delivery.attempts} attempts, the last: {delivery.last_error}"
        self._alarm("webhook_given_up", delivery.target, f"{cure} ({reason})")

    def link_failed(self, link: str, error: Exception) -> None:
        """A link has ended, and begins again."""
        if link not in self._failing:
            self._failing.add(link)
            self._alarm("tos_link_failed", link, f"it is tried again; mend what it names: {error!r}")

    def link_works(self, link: str) -> None:
        """A link has gone on for a while."""
        self._failing.discard(link)

    def edi_files(self, results: Sequence[EdiResult]) -> None:
        """What has become of the files of one look."""
        refused = [r for r in results if r.problems and r.put_in]
        for r in refused[:NAMED_MAX]:
            cure = f"correct it and drop it again; all of it: {r.put_in}.problems.txt"
            self._alarm("edi_refused", plain_name(r.name), f"{cure} ({r.problems[0]})")
        if (more := len(refused) - NAMED_MAX) > 0:
            self._alarm("edi_refused", f"{more} more files", "correct them and drop them again: refused/*.problems.txt")
        left = {plain_name(r.name): r.problems[0] for r in results if not r.put_in}
        for name in sorted(left.keys() - self._stuck):
            self._alarm("edi_stuck", name, f"it is tried again; see to its rights and the disk ({left[name]})")
        self._stuck = set(left)

    def _alarm(self, code: str, subject: str, detail: str) -> None:
        plain = detail.encode("utf-8", "backslashreplace").decode()  # names of files need not be text
        self._tell(code, subject, plain[:DETAIL_CHARS_MAX])
