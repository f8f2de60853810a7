// The master control of vda-5050-lib sends one AGV through an order, its update, a pause and a cancellation.
// Argument: JSON {broker, manufacturer, serial, order, update, cancelled}. What happens is told line by line as JSON.
const { MasterController } = require("vda-5050-lib");

const told = JSON.parse(process.argv[2]);
const agv = { manufacturer: told.manufacturer, serialNumber: told.serial };
const say = (what) => console.log(JSON.stringify(what));
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

async function main() {
  const master = new MasterController(
    { interfaceName: "uagv", vdaVersion: "2.0.0", transport: { brokerUrl: told.broker } },
    { targetAgvs: agv },
  );
  await master.start();
  const online = new Promise((resolve) => master.trackAgvs((id, state) => state === "ONLINE" && resolve()));
  await online;
  const ended = (name, order) => new Promise((resolve) => master.assignOrder(agv, order, {
    onOrderProcessed: (error, byCancelation, active) => {
      say({ event: "processed", name, error: error ?? null, byCancelation, active });
      resolve(); // to the end, or, when a horizon is left, to the end of the base
    },
    onNodeTraversed: (node) => say({ event: "node", name, node: node.nodeId }),
    onEdgeTraversed: (edge) => say({ event: "edge", name, edge: edge.edgeId }),
  }));
  const act = (actionType) => new Promise((resolve) => master.initiateInstantActions(agv, {
    instantActions: [{ actionType, actionId: master.createUuid(), blockingType: "HARD" }],
  }, {
    onActionStateChanged: (state, error) => {
      if (["FINISHED", "FAILED"].includes(state.actionStatus)) {
        say({ event: "action", actionType, status: state.actionStatus, error: error ?? null });
        resolve();
      }
    },
    onActionError: (error) => {
      say({ event: "action", actionType, status: "ERROR", error });
      resolve();
    },
  }));
  const first = ended("order", told.order);
  await act("startPause");
  await sleep(1);
  await act("stopPause");
  await first;
  await ended("update", told.update);
  const last = ended("cancelled", told.cancelled);
  await sleep(2);
  await act("cancelOrder");
  await last;
  await act("stateRequest");
  await act("doTheTwist");
  await master.stop();
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
