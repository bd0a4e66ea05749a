// Where the bridge of this account listens, and the token to show there: what every local program reads.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export function endpoint() {
  const { CAGELAB_BRIDGE_RUNTIME: chosen, XDG_RUNTIME_DIR: session } = process.env;
  const cache = join(homedir(), ".cache", "cagelab-bridge", "run");
  const folders = chosen ? [chosen] : session ? [join(session, "cagelab-bridge"), cache] : [cache];
  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(join(folder, "endpoint.json"), "utf8"));
    } catch (problem) {
      if (problem.code !== "ENOENT") throw problem;
    }
  }
  throw new Error("No bridge runs for this account. Start it: cagelab-bridge serve");
}
