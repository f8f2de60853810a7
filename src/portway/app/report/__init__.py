"""What a run leaves behind: figures, page and tables."""

from portway.app.report.kpi import key_figures
from portway.app.report.summary import print_summary
from portway.app.report.whole_files import RunWriteError
from portway.app.report.write import POSES_HZ, write_report

__all__ = ["POSES_HZ", "RunWriteError", "key_figures", "print_summary", "write_report"]
