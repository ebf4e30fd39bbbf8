import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../../kernel/bytes.ts";
import type { Message } from "../../entry.ts";
import { DeliveryFault } from "../../fault.ts";
import { toyId, toyLine } from "../../testing/toy-ledger.ts";
import { parseEvent } from "../../../audit/event.ts";
import { AddressGuard } from "../../transports/address-guard.ts";
import { fileFault } from "./retry.ts";
import { FileLink } from "./send.ts";
import { fileSink } from "./sink.ts";

let folder: string;
let path: string;
let link: FileLink;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-file-"));
  path = join(folder, "trail.ndjson");
  link = new FileLink({ kind: "file", path, form: "entry" });
});
afterEach(async () => {
  await link.close();
  rmSync(folder, { recursive: true });
});

const line = (index: number): Message => ({
  index,
  id: toyId(index),
  bytes: utf8(`{"n":${index}}\n`),
});
const read = (at = path) => readFileSync(at, "utf8");
const faultOf = (made: Promise<unknown>): Promise<DeliveryFault> =>
  made.then(
    () => expect.fail("there was no fault"),
    (error: unknown) => {
      expect(error).toBeInstanceOf(DeliveryFault);
      return error as DeliveryFault;
    },
  );

describe("a file", () => {
  it("gets a line for each event at its end, and is asked for them to be durable", async () => {
    writeFileSync(path, "before\n");
    expect(await link.send([line(0), line(1)])).toEqual({ isAcknowledged: false, rejected: [] });
    await link.send([line(2)]);
    await link.confirm();
    expect(read()).toBe('before\n{"n":0}\n{"n":1}\n{"n":2}\n');
  });

  it("is made for its owner and group, by a test without an event already", async () => {
    await link.send([]);
    await link.confirm();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(read()).toBe("");
  });

  it("that is moved away keeps what it has, and another one goes on", async () => {
    await link.send([line(0)]);
    renameSync(path, `${path}.1`);
    await link.confirm();
    await link.send([line(1)]);
    await link.confirm();
    expect(read(`${path}.1`)).toBe('{"n":0}\n');
    expect(read()).toBe('{"n":1}\n');
  });

  it("that is removed is made again, and never acknowledged for what was in it", async () => {
    await link.send([line(0)]);
    rmSync(path);
    expect(await faultOf(link.confirm())).toMatchObject({ kind: "unavailable" });
    await link.close();
    await link.send([line(0)]);
    await link.confirm();
    rmSync(path);
    await link.send([line(1)]);
    expect(read()).toBe('{"n":1}\n');
  });

  it("that ends in part of a line gets its end before the next one", async () => {
    writeFileSync(path, '{"n":0}\n{"n"');
    await link.send([line(1)]);
    expect(read()).toBe('{"n":0}\n{"n"\n{"n":1}\n');
    await link.close();
    appendFileSync(path, "{");
    await link.send([line(2)]);
    expect(read()).toBe('{"n":0}\n{"n"\n{"n":1}\n{\n{"n":2}\n');
  });
});

describe("what is no file", () => {
  it("as a symbolic link is left alone, also in the place of what was one", async () => {
    const elsewhere = join(folder, "elsewhere");
    writeFileSync(elsewhere, "");
    symlinkSync(elsewhere, path);
    expect(await faultOf(link.send([line(0)]))).toMatchObject({ kind: "denied" });
    rmSync(path);
    await link.send([line(0)]);
    renameSync(path, `${path}.1`);
    symlinkSync(`${path}.1`, path);
    expect(await faultOf(link.send([line(1)]))).toMatchObject({ kind: "denied" });
    expect(read(elsewhere)).toBe("");
  });

  it("as a pipe that nobody reads, or a folder, keeps nobody waiting", async () => {
    execFileSync("mkfifo", [path]);
    expect(await faultOf(link.send([line(0)]))).toMatchObject({ kind: "denied" });
    rmSync(path);
    mkdirSync(path);
    expect(await faultOf(link.send([line(0)]))).toMatchObject({ kind: "denied" });
  });

  it("as a device is refused", async () => {
    const device = new FileLink({ kind: "file", path: "/dev/null", form: "entry" });
    const fault = await faultOf(device.send([line(0)]));
    expect(fault).toMatchObject({ kind: "denied", message: "what is there is no file" });
  });
});

it("a folder that is not there denies us until it is, and is not named", async () => {
  const within = join(folder, "logs", "trail.ndjson");
  const missing = new FileLink({ kind: "file", path: within, form: "entry" });
  const fault = await faultOf(missing.send([line(0)]));
  expect(fault).toMatchObject({
    kind: "denied",
    message: "the file cannot be written (ENOENT)",
  });
  mkdirSync(join(folder, "logs"));
  await missing.send([line(0)]);
  await missing.confirm();
  await missing.close();
  expect(read(within)).toBe('{"n":0}\n');
});

describe("a full disk", () => {
  it("passes by itself", () => {
    const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    expect(fileFault(full)).toMatchObject({
      kind: "unavailable",
      message: "the file cannot be written (ENOSPC)",
    });
  });

  it("leaves part of a line, which is ended once there is room", async () => {
    // In a process whose files may have 32 KB, until it says otherwise.
    const script = `
      import { FileLink } from ${JSON.stringify(join(import.meta.dirname, "send.ts"))};
      import { execFileSync } from "node:child_process";
      import { readFileSync } from "node:fs";
      const [path] = process.argv.slice(1);
      const link = new FileLink({ kind: "file", path, form: "entry" });
      const message = (n, length) => ({ index: n, id: "", bytes: Buffer.from("x".repeat(length) + n + "\\n") });
      await link.send([message(0, 10)]);
      const fault = await link.send([message(1, 65536)]).catch((error) => error);
      await link.close();
      execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
      await link.send([message(2, 10)]);
      await link.confirm();
      await link.close();
      const lines = readFileSync(path, "utf8").trimEnd().split("\\n");
      console.log(JSON.stringify([fault.kind, lines.length, lines.at(0), lines.at(-1)]));
    `;
    const command = `trap "" XFSZ; ulimit -S -f 64; exec "$1" --input-type=module -e "$2" "$3"`;
    const args = ["-c", command, "sh", process.execPath, script, path];
    const ran = spawnSync("sh", args, { encoding: "utf8" });
    const said = ran.stdout;
    expect([said, ran.stderr], "the script").toEqual([expect.stringContaining("["), ""]);
    const [kind, count, first, last] = JSON.parse(said) as unknown[];
    expect({ kind, count }).toEqual({ kind: "unavailable", count: 3 });
    expect({ first, last }).toEqual({ first: "xxxxxxxxxx0", last: "xxxxxxxxxx2" });
  });
});

describe("the sink", () => {
  const ports = { credentials: {}, guard: new AddressGuard(() => false), now: () => 0 };
  const from = { logName: "keytrail.test/log", version: "1.0.0" };

  it("writes the exact entry unless another form is asked for, and never more than a line", () => {
    const bytes = toyLine(3);
    const entry = { index: 3, line: bytes, event: parseEvent(bytes) };
    const exact = fileSink.check({ kind: "file", path }).encoder(from, {})(entry);
    expect(exact).toEqual(utf8(`${fromUtf8(bytes)}\n`));
  });

  it("takes whole paths only, and only from whoever runs the server", () => {
    expect(() => fileSink.check({ kind: "file", path: "trail" })).toThrow(/whole path/);
    expect(() => fileSink.check({ kind: "file", path, mode: 7 })).toThrow();
    const checked = fileSink.check({ kind: "file", path });
    expect(checked).toMatchObject({ isPinnedOnly: true, credentials: [], form: "entry" });
    expect(checked.open(ports)).toBeInstanceOf(FileLink);
  });
});
