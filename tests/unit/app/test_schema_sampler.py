"""Samples of messages against the official schemas: what the typed structs let through is found."""

import json

import pytest

from portway.adapters.vda5050.agent import TruckAgent
from portway.adapters.vda5050.master import EnrolledTruck
from portway.adapters.vda5050.versions import VERSIONS
from portway.adapters.vda5050.wire import decode
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.live.schema_sampler import SchemaSampler


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_a_message_that_the_structs_take_and_the_schema_does_not_is_counted_and_told(version, portway_data):
    agent = TruckAgent("steel", "T1", version, (0.0, 0.0, 0.0), truck_type(load_scenario("huashan")))
    truck, told = EnrolledTruck("run", "T1", "steel", "T1", version), []
    sampler = SchemaSampler(portway_data / "vda5050", lambda *what: told.append(what), every_s=0.0)
    good = agent.state(1.8e9).payload
    body = json.loads(good)
    body["operatingMode"] = "SLEEPWALKING"
    bad = json.dumps(body).encode()
    decode(version, "state", bad)
    sampler.take(truck, "state", good)
    sampler.take(truck, "state", bad)
    sampler.take(truck, "nothing", b"{}")
    sampler.close()
    assert sampler.checked == 3
    assert sampler.faults == {"T1": 1}
    ((name, reason),) = told
    assert name == "T1"
    assert "operatingMode" in reason


def test_one_message_of_a_kind_and_truck_is_taken_in_a_while(portway_data):
    truck = EnrolledTruck("run", "T1", "steel", "T1", VERSIONS["2.1"])
    sampler = SchemaSampler(portway_data / "vda5050", lambda *_: None)
    for _ in range(10):
        sampler.take(truck, "state", b"{}")
        sampler.take(truck, "connection", b"not json")
    sampler.close()
    assert sampler.checked == 2
    assert sampler.faults == {"T1": 2}
