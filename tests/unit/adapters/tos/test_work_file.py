"""Work lists: every bad line is refused by its own number; what would stall a run without a word is refused too."""

import contextlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway.adapters.tos.conflowgen import import_conflowgen
from portway.adapters.tos.edifact import edi_rows, read_edi
from portway.adapters.tos.rows import WorkError
from portway.adapters.tos.work_file import load_work
from portway.app.config import load_scenario
from portway.core.model import Terminal, WorkList

HUASHAN = load_scenario("huashan").terminal


def load(folder: Path, text: str, terminal: Terminal = HUASHAN) -> WorkList:
    """A work list of some lines."""
    (folder / "work.csv").write_text(text)
    return load_work(folder / "work.csv", terminal)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("job_id,kind,container_id,call,release_s\n1,discharge,B1,X,nan\n", 2, "release_s"),
        ("job_id,kind,container_id,call,due_s\n1,discharge,B1,X,inf\n", 2, "due_s"),
        ("job_id,kind,container_id\n1,yard,B1\n", 2, "block_to"),
        ("job_id,kind,container_id,length_ft,quay_crane,twin\n1,discharge,B1,20,QC01,1\n", 2, "twin"),
        (
            "job_id,kind,container_id,length_ft,quay_crane,twin\n1,load,B1,20,QC01,2\n2,load,B2,20,QC02,1\n",
            2,
            "twin",
        ),
        ("job_id,kind,container_id,quay_crane,quay_bay\n1,discharge,B1,QC01,99\n", 2, "quay_bay"),
        ("job_id,kind,container_id,call\n\n1,discharge,B1,X\n\n1,discharge,B2,X\n", 5, "job_id"),
        ("job_id,kind,container_id,call,block\n\n1,discharge,B1,X,Z9\n", 3, "block"),
    ],
)
def test_a_line_that_cannot_be_worked_is_refused_by_its_number(tmp_path, text, line, column):
    with pytest.raises(WorkError) as error:
        load(tmp_path, text)
    assert (line, column) in [(p.line, p.column) for p in error.value.problems]


def test_boxes_of_road_trucks_are_refused_where_there_is_no_gate(tmp_path):
    closed = msgspec.structs.replace(HUASHAN, gates=())
    with pytest.raises(WorkError, match="no gate"):
        load(tmp_path, "job_id,kind,container_id\n1,receive,B1\n", closed)


def test_a_bay_without_row_and_tier_is_a_wish_and_two_boxes_get_two_slots(tmp_path):
    head = "job_id,kind,container_id,call,block,bay\n"
    slots = [j.slot for j in load(tmp_path, head + "1,discharge,B1,X,B1,3\n2,discharge,B2,X,B1,3\n").job_orders]
    assert [(s.block, s.bay) for s in slots] == [("B1", 3), ("B1", 3)]
    assert len(set(slots)) == 2


def test_a_block_alone_is_a_wish(tmp_path):
    head = "job_id,kind,container_id,call,block\n"
    slots = [j.slot for j in load(tmp_path, head + "1,discharge,B1,X,B1\n2,discharge,B2,X,A1\n").job_orders]
    assert [s.block for s in slots] == ["B1", "A1"]


def test_an_export_without_a_ship_is_refused(tmp_path):
    (tmp_path / "containers.csv").write_text("id,length,weight,delivered_by,picked_up_by\n1,40,9,truck,truck\n")
    with pytest.raises(WorkError, match="no ship call"):
        import_conflowgen(tmp_path)


MESSAGE = """UNB+UNOA:2+A+B+250301:1200+1'
UNH+1+COARRI:D:95B:UN:ITG13'
BGM+44+1+9'
EQD+CN+MSKU1234565+42G1:102:5++3+5'
DTM+203:202503010913:203'
MEA+AAE+EGW+KGM:8914'
UNT+6+1'
UNZ+1+1'
"""


@settings(derandomize=True, deadline=None, max_examples=300)
@given(cut=st.integers(0, len(MESSAGE)), noise=st.one_of(st.binary(max_size=6), st.sampled_from([b"?", b"'", b"UNH+"])))
def test_whatever_an_edi_file_holds_it_is_read_or_refused_and_nothing_else(tmp_path_factory, cut, noise):
    file = tmp_path_factory.mktemp("edi") / "noise.edi"
    file.write_bytes(MESSAGE.encode()[:cut] + noise + MESSAGE.encode()[cut:])
    with contextlib.suppress(WorkError):
        for work in read_edi(file):
            edi_rows(work)


def test_a_column_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(WorkError, match="this column comes twice"):
        load(tmp_path, "job_id,kind,container_id,call,call\n1,discharge,B1,X,Y\n")


def test_a_box_cannot_come_twice_without_leaving(tmp_path):
    head = "job_id,kind,container_id,call\n"
    with pytest.raises(WorkError, match="comes 2 times and leaves 0 times"):
        load(tmp_path, head + "1,discharge,B1,X\n2,discharge,B1,X\n")
    load(tmp_path, head + "1,discharge,B1,X\n2,load,B1,Y\n")
