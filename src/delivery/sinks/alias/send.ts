/** To nowhere: only what names nothing is opened as it stands. */
import type { Handed, Link } from "../../sink.ts";
import { aliasFault } from "./retry.ts";

export class AliasLink implements Link {
  async send(): Promise<Handed> {
    throw aliasFault();
  }

  async confirm(): Promise<void> {
    throw aliasFault();
  }

  async close(): Promise<void> {}
}
