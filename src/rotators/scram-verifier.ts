/**
 * What PostgreSQL keeps of a password (RFC 5803; "Authentication methods" in its manual). Sent in place of the password,
 * which then stands in no log of the database's.
 */
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Sensitive } from "../kernel/sensitive.ts";

/** PostgreSQL's own default. */
export const SCRAM_ITERATIONS = 4_096;
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;

const derive = promisify(pbkdf2);

export async function scramVerifier(
  password: Sensitive<string>,
  salt: Uint8Array = randomBytes(SALT_BYTES),
): Promise<string> {
  // What is left of SASLprep (RFC 4013) for characters that a password may well have.
  const text = password.reveal().normalize("NFKC");
  const salted = await derive(text, salt, SCRAM_ITERATIONS, DIGEST_BYTES, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  const salting = `${SCRAM_ITERATIONS}:${Buffer.from(salt).toString("base64")}`;
  return `SCRAM-SHA-256$${salting}$${storedKey}:${serverKey}`;
}
