/** Rounds of load on a server that tells its processor time: what `http-reads.ts` and `aws-reads.ts` have in common. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { CpuUsed } from "./cpu.ts";
import type { Load, LoadSeen } from "./http-load.ts";

export interface Round {
  /** Answers with 2xx a second. */
  readonly rate: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly mainThreadUsPerAnswer: number;
  readonly allThreadsUsPerAnswer: number;
}

/** Drives from a process of its own, so that the load shares no thread with anything measured. */
export async function drive(
  server: ChildProcess,
  load: Load,
  { connections, seconds }: { readonly connections: string; readonly seconds: number },
): Promise<Round> {
  const before = await cpuUsed(server);
  const args = [
    join(import.meta.dirname, "http-load.ts"),
    JSON.stringify(load),
    connections,
    String(seconds),
  ];
  const client = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let json = "";
  for await (const chunk of client.stdout) json += String(chunk);
  const seen = JSON.parse(json) as LoadSeen;
  const after = await cpuUsed(server);
  return {
    rate: seen.good / seen.seconds,
    p99Ms: seen.p99Ms,
    failed: seen.failed,
    mainThreadUsPerAnswer: (after.mainThreadUs - before.mainThreadUs) / seen.good,
    allThreadsUsPerAnswer: (after.allThreadsUs - before.allThreadsUs) / seen.good,
  };
}

async function cpuUsed(server: ChildProcess): Promise<CpuUsed> {
  const answered = once(server, "message") as Promise<[CpuUsed]>;
  server.send("cpu");
  return (await answered)[0];
}

export function show(round: Round): string {
  const failures = round.failed > 0 ? `, ${round.failed} FAILED` : "";
  const cpu = `${round.mainThreadUsPerAnswer.toFixed(1)}/${round.allThreadsUsPerAnswer.toFixed(1)} us`;
  return `${round.rate.toFixed(0)}/s (main/all threads ${cpu}, p99 ${round.p99Ms} ms${failures})`;
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
