// A whole session over gRPC: reserve, start, upload, watch, end. Needs no generated code.
//   node grpc.mjs PROTO-FOLDER SUBJECT
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { endpoint } from "./endpoint.mjs";

const [protos, subject] = process.argv.slice(2);
const options = { includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };
const contract = grpc.loadPackageDefinition(loader.loadSync("cagelab/bridge/v1/bridge.proto", options));
const place = endpoint();
const bridge = new contract.cagelab.bridge.v1.Bridge(place.grpc, grpc.credentials.createInsecure(), {
  "grpc.enable_http_proxy": 0, // a proxy has no business between two programs of one computer
});
const token = new grpc.Metadata();
token.set("authorization", `Bearer ${place.token}`);

const call = (method, request) =>
  new Promise((resolve, reject) =>
    bridge[method](request, token, { deadline: Date.now() + 30_000 }, (problem, answer) =>
      problem ? reject(problem) : resolve(answer),
    ),
  );

const reserved = await call("ReserveFolder", { subject });
const { session_id, folder } = reserved;
const started = await call("StartSession", { session_id, spec: { subject }, client_pid: process.pid });

writeFileSync(join(folder, "events.table.1.tsv"), "time\tevent\n0.1\tstart\n");
const { transfer } = await call("UploadFiles", { session_id, paths: ["events.table.1.tsv"] });

const watch = bridge.Watch({ session_id }, token);
for await (const { event, ...told } of watch) {
  if (event !== "transfer" || told.transfer.transfer_id !== transfer.transfer_id) continue;
  if (told.transfer.state === "TRANSFER_STATE_DONE") break;
  if (told.transfer.state === "TRANSFER_STATE_BLOCKED") throw new Error(`${told.transfer.reason} ${told.transfer.hint}`);
}
watch.on("error", () => {}); // the call that ends here says that it was cancelled
watch.cancel();

const ended = await call("EndSession", { session_id, qc: "PASS", n_trials: 1 });
bridge.close();
console.log(JSON.stringify({
  session_id,
  transfer_id: transfer.transfer_id,
  started: started.session.run,
  ended: ended.session.run,
}));
