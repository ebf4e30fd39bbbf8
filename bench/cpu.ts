/** What a measured process says of its processor time, whenever its parent asks. */

/** Microseconds. */
export interface CpuUsed {
  /** What limits a server of one thread. */
  readonly mainThreadUs: number;
  /** With the threads that write, hash and index, and the collector's: what limits a machine of few cores. */
  readonly allThreadsUs: number;
}

export function tellCpu(): void {
  process.on("message", () => {
    const main = process.threadCpuUsage();
    const all = process.cpuUsage();
    process.send?.({
      mainThreadUs: main.user + main.system,
      allThreadsUs: all.user + all.system,
    } satisfies CpuUsed);
  });
}
