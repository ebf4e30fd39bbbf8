import { describe, expect, it } from "vitest";
import { EventLoopTurn } from "./event-loop-turn.ts";

describe("those who wait for the end of a turn", () => {
  it("go on together, each step of all before the next step of any", async () => {
    const turn = new EventLoopTurn();
    const steps: string[] = [];
    const go = async (name: string): Promise<void> => {
      await turn.end();
      steps.push(`${name}1`);
      await Promise.resolve();
      steps.push(`${name}2`);
    };
    await Promise.all(["a", "b", "c"].map(go));
    expect(steps.join(" ")).toBe("a1 b1 c1 a2 b2 c2");
  });

  it("do not wait for those who come in a later turn", async () => {
    const turn = new EventLoopTurn();
    const ended: string[] = [];
    const first = turn.end().then(() => ended.push("first"));
    await first;
    const second = turn.end().then(() => ended.push("second"));
    expect(ended).toEqual(["first"]);
    await second;
    expect(ended).toEqual(["first", "second"]);
  });
});
