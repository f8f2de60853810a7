// Virtual AGVs of vda-5050-lib, as that library makes them. Argument: JSON {broker, manufacturer, timeLapse, agvs: [{serial, x, y, theta}]}.
// Ends when its standard input is closed; every error that an AGV reports is a line of standard output.
const { AgvController, VirtualAgvAdapter } = require("vda-5050-lib");

const told = JSON.parse(process.argv[2]);

class Watched extends AgvController {
  onStateChanged(changes) {
    super.onStateChanged(changes);
    for (const error of changes.errors ?? []) console.log(JSON.stringify({ serial: this.agvId.serialNumber, error }));
  }
}

async function main() {
  const controllers = told.agvs.map(({ serial, x, y, theta }) => new Watched(
    { manufacturer: told.manufacturer, serialNumber: serial },
    { interfaceName: "uagv", vdaVersion: "2.0.0", transport: { brokerUrl: told.broker } },
    { agvAdapterType: VirtualAgvAdapter, publishStateInterval: 1000, publishVisualizationInterval: 1000 },
    { initialPosition: { mapId: "terminal", x, y, theta, lastNodeId: "0" }, vehicleSpeed: 8, tickRate: 10,
      timeLapse: told.timeLapse },
  ));
  for (const controller of controllers) await controller.start();
  process.stdin.resume();
  process.stdin.on("end", async () => {
    for (const controller of controllers) await controller.stop();
    process.exit(0);
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
