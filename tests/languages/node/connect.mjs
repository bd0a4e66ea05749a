// A whole session as JSON over HTTP/1.1, with the Connect library: reserve, start, upload, watch, end.
//   node connect.mjs SUBJECT
// `gen` holds what protoc-gen-es makes of the proto. Over HTTP/1.1 there are no streams: GetTransfer is Watch's twin.
import { toJsonString } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { endpoint } from "./endpoint.mjs";
import { Bridge } from "./gen/cagelab/bridge/v1/bridge_pb.js";
import { RunState } from "./gen/cagelab/bridge/v1/session_pb.js";
import { TransferState } from "./gen/cagelab/bridge/v1/transfer_pb.js";

const [subject] = process.argv.slice(2);
const place = endpoint();
// The bridge's gateway wants the token, and to know how long a body is: it takes no chunks.
const prepared = (next) => (request) => {
  request.header.set("authorization", `Bearer ${place.token}`);
  const body = toJsonString(request.method.input, request.message);
  request.header.set("content-length", String(Buffer.byteLength(body)));
  return next(request);
};
const bridge = createClient(
  Bridge,
  createConnectTransport({
    baseUrl: place.gateway,
    httpVersion: "1.1",
    useBinaryFormat: false,
    defaultTimeoutMs: 30_000,
    interceptors: [prepared],
  }),
);

const { sessionId, folder } = await bridge.reserveFolder({ subject });
const started = await bridge.startSession({ sessionId, spec: { subject }, clientPid: process.pid });

writeFileSync(join(folder, "events.table.1.tsv"), "time\tevent\n0.1\tstart\n");
const accepted = await bridge.uploadFiles({ sessionId, paths: ["events.table.1.tsv"] });
const { transferId } = accepted.transfer;

for (;;) {
  const { transfer } = await bridge.getTransfer({ transferId, summaryOnly: true });
  if (transfer.state === TransferState.DONE) break;
  if (transfer.state === TransferState.BLOCKED) throw new Error(`${transfer.reason} ${transfer.hint}`);
  await setTimeout(200);
}

const ended = await bridge.endSession({ sessionId, qc: "PASS", nTrials: 1 });
const refused = await bridge.getSession({ sessionId: "nobody-has-this" }).catch((problem) => problem);
console.log(JSON.stringify({
  session_id: sessionId,
  transfer_id: transferId,
  started: `RUN_STATE_${RunState[started.session.run]}`,
  ended: `RUN_STATE_${RunState[ended.session.run]}`,
  refused: refused.code,
}));
