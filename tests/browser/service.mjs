// Starts the service as a process of its own, on a free port, and stops it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
const program = process.env.SERVICE_UNDER_TEST ?? `${root}target/debug/backup-share`;

/** Runs `backup-share serve` with these arguments until it listens. */
export async function start(...args) {
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const address = await Promise.race([addressOf(child), ended.then(() => undefined)]);
  if (!address) throw new Error(`${program} did not start: ${log}`);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { address, stop };
}

/** The address in the one line that the service prints when it listens. */
async function addressOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = line.match(/^listening on (http:\S+)$/) ?? [];
    if (address) return address;
  }
}
