import { expect, it } from "vitest";
import { Sensitive } from "../kernel/sensitive.ts";
import {
  isProof,
  keyFileText,
  newEngineKeys,
  newNonce,
  proofOf,
  readKeyFile,
} from "./engine-key.ts";

const holder = { engine: "9f73b433-39f1-492c-a2ed-a01102d8db1a", server: "host/keytrail-1" };

function keyFile() {
  const { publicKey, privateKey } = newEngineKeys();
  const text = keyFileText(holder, privateKey).reveal();
  const file = readKeyFile(text);
  if (!file) throw new Error("what is given out is read back");
  return { publicKey, text, file };
}

it("proves one engine to one server, once", () => {
  const { publicKey, file } = keyFile();
  const nonce = newNonce();
  const proof = new Sensitive(proofOf(file, nonce));
  const asked = { ...holder, publicKey, nonce };
  expect(isProof(proof, asked)).toBe(true);
  expect(isProof(proof, { ...asked, nonce: newNonce() })).toBe(false);
  expect(isProof(proof, { ...asked, server: "elsewhere" })).toBe(false);
  expect(isProof(proof, { ...asked, engine: "another" })).toBe(false);
  expect(isProof(proof, { ...asked, publicKey: newEngineKeys().publicKey })).toBe(false);
  for (const no of ["", "AAAA", "no base64", Buffer.alloc(64).toString("base64")]) {
    expect(isProof(new Sensitive(no), asked)).toBe(false);
  }
});

it("is read from what the server gave out, by whatever line endings, and from nothing less", () => {
  const { text } = keyFile();
  expect(readKeyFile(text)).toMatchObject(holder);
  expect(readKeyFile(text.replaceAll("\n", "\r\n"))).toMatchObject(holder);
  expect(readKeyFile(text.slice(text.indexOf("-----")))).toBeUndefined();
  expect(readKeyFile(text.replace("-----END", "-----"))).toBeUndefined();
  expect(readKeyFile("")).toBeUndefined();
});
