"""EDIFACT: boxes of a message with what is done to them; what is odd is a warning, what is no message is refused."""

from pathlib import Path

import pytest

from portway.adapters.tos.edifact import edi_rows, import_edi, read_edi
from portway.adapters.tos.rows import WorkError

COARRI = """UNH+1+COARRI:D:95B:UN:ITG13'
BGM+44+1+9'
TDT+20+031W+1+13+LIN:172:20+++9123456:146::AURORA'
EQD+CN+MSKU1234565+42G1:102:5++3+5'
DTM+203:202503010913:203'
LOC+147+380886::6'
MEA+AAE+T+KGM:4000'
MEA+AAE+EGW+KGM:8914'
EQD+CN+MSKU1234570+22G1:102:5++3+5'
DTM+203:202503010911:203'
CNT+16:2'
UNT+11+1'
"""
BAPLIE = """UNH+1+BAPLIE:D:95B:UN:SMDG20'
BGM++1+9'
TDT+20+031W+++LIN:172:20+++9123456:146::AURORA'
LOC+147+0380886::5'
MEA+WT++KGM:21000'
EQD+CN+MSKU1234565+42G1+++5'
LOC+147+0020284::5'
EQD+CN+MSKU1234570+L5G1+++4'
UNT+9+1'
"""


def interchange(tmp_path: Path, *messages: str, name: str = "list.edi") -> Path:
    """A file of some messages."""
    file = tmp_path / name
    file.write_text("UNB+UNOA:2+TERMINAL+LINE+250301:1200+1'\n" + "".join(messages) + f"UNZ+{len(messages)}+1'\n")
    return file


def test_a_report_of_discharged_boxes_is_read(tmp_path):
    (work,) = read_edi(interchange(tmp_path, COARRI))
    assert (work.message, work.vessel, work.kind, work.warnings) == ("COARRI", "AURORA", "discharge", [])
    one, two = work.boxes
    assert (one.number, one.iso_type, one.length_ft, one.mass_kg, one.stowage) == (
        "MSKU1234565", "42G1", 40, 8914.0, "380886",
    )  # fmt: skip
    assert (two.number, two.length_ft, two.mass_kg, two.stowage) == ("MSKU1234570", 20, 20_000.0, "")


def test_in_a_stowage_plan_the_place_comes_before_its_box(tmp_path):
    (work,) = read_edi(interchange(tmp_path, BAPLIE))
    assert [(b.number, b.stowage, b.mass_kg, b.length_ft) for b in work.boxes] == [
        ("MSKU1234565", "0380886", 21_000.0, 40),
        ("MSKU1234570", "0020284", 20_000.0, 45),
    ]


@pytest.mark.parametrize(("code", "kind"), [("44", "discharge"), ("46", "load"), ("119", "load"), ("118", "discharge")])
def test_the_code_of_the_message_tells_what_is_done(tmp_path, code, kind):
    (work,) = read_edi(interchange(tmp_path, COARRI.replace("BGM+44", f"BGM+{code}")))
    assert {row.kind for row in edi_rows(work)} == {kind}


def test_boxes_come_in_the_order_of_their_times_and_their_ship_is_the_call(tmp_path):
    rows, odd = import_edi([interchange(tmp_path, COARRI)])
    assert [(r.job_id, r.call) for r in rows] == [("D-MSKU1234570", "AURORA"), ("D-MSKU1234565", "AURORA")]
    assert odd == []


def test_unknown_segments_are_named_and_the_rest_is_imported(tmp_path):
    odd_one = COARRI.replace("LOC+147", "XYZ+1'\nLOC+147").replace("CNT+16", "QQQ+2+3'\nCNT+16")
    rows, odd = import_edi([interchange(tmp_path, odd_one)])
    assert len(rows) == 2
    assert [text.split(": ", 1)[0] for text in odd] == ["list.edi", "list.edi"]
    assert "XYZ" in odd[0]
    assert "QQQ" in odd[1]
    assert rows[1].mass_kg == 8914.0  # what follows the unknown segment still belongs to its box


def test_a_wrong_check_digit_and_a_box_named_twice_are_warnings(tmp_path):
    doubled = COARRI.replace("MSKU1234570", "MSKU1234565")
    rows, odd = import_edi([interchange(tmp_path, doubled)])
    assert [r.container_id for r in rows] == ["MSKU1234565"]
    (work,) = read_edi(interchange(tmp_path, doubled))
    edi_rows(work)
    assert any("named twice" in text for text in work.warnings)
    rows, odd = import_edi([interchange(tmp_path, COARRI.replace("MSKU1234570", "MSKU1234571"))])
    assert len(rows) == 2
    assert any("MSKU1234571" in text and "check digit" in text for text in odd)


@pytest.mark.parametrize(
    "segment", ["EQD+CN'", "LOC+147'", "MEA+AAE+EGW+KGM'", "MEA+AAE+EGW+KGM:heavy'", "DTM+203:soon:203'"]
)
def test_a_segment_that_is_cut_short_loses_no_other_box(tmp_path, segment):
    (work,) = read_edi(interchange(tmp_path, COARRI.replace("CNT+16", f"{segment}\nCNT+16")))
    assert [b.number for b in work.boxes] == ["MSKU1234565", "MSKU1234570"]


def test_several_messages_of_a_file_are_read_one_by_one(tmp_path):
    load = COARRI.replace("BGM+44", "BGM+46").replace("MSKU1234565", "TCLU4265826").replace("UNH+1", "UNH+2")
    works = read_edi(interchange(tmp_path, COARRI, load.replace("UNT+11+1", "UNT+11+2")))
    assert [(w.kind, len(w.boxes)) for w in works] == [("discharge", 2), ("load", 2)]


def test_all_files_that_are_no_messages_are_refused_together(tmp_path):
    (tmp_path / "text.edi").write_text("hello")
    other = interchange(tmp_path, "UNH+1+IFTMIN:D:95B:UN'\nUNT+2+1'\n", name="other.edi")
    with pytest.raises(WorkError) as error:
        import_edi([tmp_path / "text.edi", other, interchange(tmp_path, COARRI), tmp_path / "absent.edi"])
    assert [p.file for p in error.value.problems] == ["text.edi", "other.edi", "absent.edi"]
    assert "IFTMIN" in str(error.value)
