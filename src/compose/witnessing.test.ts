import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bodyOf, serve } from "../../test/support/serve.ts";
import type { Served } from "../../test/support/serve.ts";
import { systemClock } from "../kernel/clock.ts";
import { CosignatureSigner } from "../ledger/cosignature.ts";
import { COSIGNED_FILE } from "../ledger/witness-client.ts";
import { parsePolicy, verifyCheckpoint } from "../ledger/witness-policy.ts";
import { Witness } from "../ledger/witness.ts";
import { fixtureSigner, numberedLine, openMemoryLedger } from "../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore } from "../storage/memory/ledger-store.ts";
import { MemoryWitnessState } from "../storage/memory/witness-state.ts";
import { startWitnessing } from "./witnessing.ts";

let folder: string;
const served: Served[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-witnessing-"));
});
afterEach(async () => {
  await Promise.all(served.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

async function witnessOf(name: string) {
  const signer = CosignatureSigner.generate(name, systemClock);
  const logs = [fixtureSigner.vkey];
  const witness = new Witness({ signer, logs, state: new MemoryWitnessState() });
  const front = { isAway: false };
  const server = await serve(async (request, response) => {
    const body = await bodyOf(request);
    if (front.isAway) {
      response.writeHead(503).end();
      return;
    }
    const answer = await witness.addCheckpoint(body);
    response.writeHead(answer.status, { "content-type": answer.contentType }).end(answer.body);
  });
  served.push(server);
  return Object.assign(front, { name, line: `witness ${name} ${signer.vkey} ${server.url}\n` });
}

test("a log that stands still meets its quorum once a witness that was away is back", async () => {
  const [a, b] = [await witnessOf("a"), await witnessOf("b")];
  b.isAway = true;
  const text = `log ${fixtureSigner.vkey}\n${a.line}${b.line}group both all a b\nquorum both\n`;
  const policyFile = join(folder, "policy");
  writeFileSync(policyFile, text);
  const ledger = await openMemoryLedger(new MemoryLedgerStore());
  const messages: string[] = [];
  const witnessing = startWitnessing(ledger, {
    policyFile,
    folder,
    clock: systemClock,
    log: ({ message }) => messages.push(message),
  });
  await ledger.append(numberedLine(1));
  // Evidence does not wait for a quorum: it carries what there is.
  expect((await witnessing.cosign(1))?.text).toMatch(/^— a /m);

  b.isAway = false;
  const policy = parsePolicy(text);
  const kept = (): string => readFileSync(join(folder, COSIGNED_FILE), "utf8");
  await expect
    .poll(() => kept().match(/^— [ab] /gm), { timeout: 15_000 })
    .toEqual(["— a ", "— b "]);
  expect(verifyCheckpoint(kept(), policy).size).toBe(1);
  for (const { text: shown } of [witnessing.checkpoint(), witnessing.cosigned()!]) {
    expect(verifyCheckpoint(shown, policy).witnessedBy.map((w) => w.name)).toEqual(["a", "b"]);
  }
  expect(messages).toEqual(["Witness b does not cosign: refused.", "Witness b cosigns again."]);
  await witnessing.stop();
  await ledger.close();
});
