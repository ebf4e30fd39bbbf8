/** Lives through an hour of believable activity, over the server's own HTTP: so that there is something to find. */
import { Actor } from "./actor.ts";
import { openStage } from "./opening.ts";
import { everydayScene, scenes, type Scene } from "./scenes.ts";
import type { StageClock } from "./stage.ts";

const MINUTE_MS = 60_000;
const MINUTES = 60;

export interface Demonstration {
  readonly url: string;
  readonly certificate?: string | undefined;
  readonly apiKey: string;
  /** The instance whose secrets the story is about. */
  readonly instance: string;
  readonly clock: StageClock & { now(): number };
  readonly say: (line: string) => void;
}

/** Resolves when the hour is over. Throws when the server does not do what the story needs of it. */
export async function liveThroughAnHour(demonstration: Demonstration): Promise<void> {
  const { url, certificate, clock, say } = demonstration;
  const begun = clock.now();
  const stage = await openStage({ ...demonstration, wire: { url, certificate } });
  for (const scene of timeline()) {
    const due = begun + scene.minute * MINUTE_MS;
    if (clock.now() < due) clock.pass(due - clock.now());
    if (scene.title !== everydayScene.title) {
      say(`  demo, minute ${String(scene.minute).padStart(2)}: ${scene.title}`);
    }
    await scene.play(stage);
  }
  for (const part of Object.values(stage)) if (part instanceof Actor) part.leave();
}

/** The scenes in their order, with everyday life in every minute from the first log-in on. */
function timeline(): readonly Scene[] {
  const firstMinute = Math.min(...scenes.map(({ minute }) => minute)) + 1;
  const everyday = Array.from({ length: MINUTES - firstMinute }, (_, i) => ({
    ...everydayScene,
    minute: firstMinute + i,
  }));
  return [...scenes, ...everyday].toSorted((a, b) => a.minute - b.minute);
}
