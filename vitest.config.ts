import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Under CI a suite that is skipped is a suite that did not run: `allowOnly` off, and see test/no-skips.ts.
    allowOnly: false,
    passWithNoTests: false,
  },
});
