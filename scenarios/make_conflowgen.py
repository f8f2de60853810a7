"""How the work lists of `yangluo` and `huashan` were made: `python make_conflowgen.py NAME OUT` with conflowgen 3.0.1.

conflowgen (MIT, Kastner et al.) draws which box moves between which carriers and when they call; it is not a dependency
of Portway. `portway import conflowgen OUT/NAME --terminal NAME --from-h H --hours H` turns its export into `work.csv`.
A river port: feeders (600 to 1,140 TEU) and barges (100 to 200 TEU), the hinterland by truck.
"""

import datetime
import logging
import sys
from pathlib import Path

import conflowgen
from conflowgen import ModeOfTransport as Mode

DAYS = 17
SHARES = {
    Mode.feeder: {Mode.truck: 0.5, Mode.barge: 0.35, Mode.feeder: 0.15, Mode.train: 0.0, Mode.deep_sea_vessel: 0.0},
    Mode.barge: {Mode.truck: 0.3, Mode.barge: 0.0, Mode.feeder: 0.7, Mode.train: 0.0, Mode.deep_sea_vessel: 0.0},
    Mode.truck: {Mode.truck: 0.0, Mode.barge: 0.3, Mode.feeder: 0.7, Mode.train: 0.0, Mode.deep_sea_vessel: 0.0},
    Mode.train: {Mode.truck: 0.0, Mode.barge: 0.3, Mode.feeder: 0.7, Mode.train: 0.0, Mode.deep_sea_vessel: 0.0},
    Mode.deep_sea_vessel: {
        Mode.truck: 0.5,
        Mode.barge: 0.2,
        Mode.feeder: 0.3,
        Mode.train: 0.0,
        Mode.deep_sea_vessel: 0.0,
    },
}
# name: (feeder calls every day: (hour, capacity, TEU in), barge calls every day)
CALLS = {
    "yangluo": (
        [(1, 1140, 360), (6, 900, 320), (11, 1140, 360), (16, 600, 300), (21, 1140, 360)],
        [(h, 200, 100) for h in (0, 3, 5, 8, 10, 13, 15, 18, 22)],
    ),
    "huashan": ([(2, 600, 110)], [(8, 150, 60), (16, 150, 60)]),
}


def main(name: str, folder: str) -> None:
    """Draw the container flow of a terminal and export it."""
    manager = conflowgen.DatabaseChooser()
    manager.create_new_sqlite_database(":memory:")
    start = datetime.date(2025, 3, 3)
    flow = conflowgen.ContainerFlowGenerationManager()
    flow.set_properties(name=name, start_date=start, end_date=start + datetime.timedelta(days=DAYS))
    conflowgen.ModeOfTransportDistributionManager().set_mode_of_transport_distribution(SHARES)
    calls = conflowgen.PortCallManager()
    for mode, rows in zip((Mode.feeder, Mode.barge), CALLS[name], strict=True):
        for day in range(2):  # conflowgen wants services less frequent than daily
            for hour, capacity, inbound in rows:
                calls.add_service_that_calls_terminal(
                    vehicle_type=mode,
                    service_name=f"{mode.value}-{hour:02d}-{day}",
                    vehicle_arrives_at=start + datetime.timedelta(days=day),
                    vehicle_arrives_at_time=datetime.time(hour, 0),
                    average_vehicle_capacity=capacity,
                    average_inbound_container_volume=inbound,
                    vehicle_arrives_every_k_days=2,
                )
    flow.generate()
    Path(folder).mkdir(parents=True, exist_ok=True)
    conflowgen.ExportContainerFlowManager().export(
        folder_name=name, path_to_export_folder=folder, file_format=conflowgen.ExportFileFormat.csv
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(sys.argv[1], sys.argv[2])
