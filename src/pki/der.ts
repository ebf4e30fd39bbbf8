/**
 * DER, as far as names, requests and extensions of certificates need it (ITU-T X.690, section 10): written, and read
 * strictly. What is not DER throws `NotDer`, which whoever knows what was being read makes a refusal of.
 */

export class NotDer extends Error {
  override readonly name = "NotDer";
}

/** One element: its tag, what it holds, and all its bytes. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Of one number in an object identifier: those of UUIDs (X.667) have 19. */
const MAX_ARC_BYTES = 20;
/** Of bits that have names: nothing has as many as these hold. */
const MAX_NAMED_BYTES = 8;
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;
/** What is read here never comes near 16 MB. */
const MAX_LENGTH_BYTES = 3;

/** The tag of a context-specific element that holds others. */
export function context(number: number): number {
  return CONTEXT | CONSTRUCTED | number;
}

/** The tag of a context-specific element that stands for a plain one. */
export function contextPlain(number: number): number {
  return CONTEXT | number;
}

export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag, ...lengthBytes(content.length)), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG.sequence, ...parts);
}

/** In the order that section 11.6 wants. */
export function setOf(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG.set, ...parts.toSorted((one, other) => Buffer.compare(one, other)));
}

/** A whole number from 0: its bytes, the first of them most significant. */
export function integer(value: Uint8Array | number): Uint8Array {
  const given = typeof value === "number" ? bytesOf(value) : value;
  const first = given.findIndex((byte) => byte !== 0);
  const magnitude = first < 0 ? Uint8Array.of(0) : given.subarray(first);
  const sign = (magnitude[0] as number) >= 0x80 ? [Uint8Array.of(0)] : [];
  return element(TAG.integer, ...sign, magnitude);
}

/** True; false is left out wherever DER lets it be the default. */
export function yes(): Uint8Array {
  return element(TAG.boolean, Uint8Array.of(0xff));
}

export function oid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(TAG.oid, Uint8Array.from([root * 40 + second, ...rest].flatMap(base128)));
}

/** Whole bytes. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(TAG.bitString, Uint8Array.of(0), bytes);
}

/** Bits by their numbers, the first of them most significant, without zeros at the end (section 11.2.2). */
export function namedBits(numbers: readonly number[]): Uint8Array {
  if (numbers.length === 0) return bitString(new Uint8Array());
  const last = Math.max(...numbers);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const one of numbers) {
    const at = Math.floor(one / 8);
    bytes[at] = (bytes[at] as number) | (0x80 >> (one % 8));
  }
  return element(TAG.bitString, Uint8Array.of(7 - (last % 8)), bytes);
}

/** The one element that the bytes are; throws where anything follows it. */
export function readElement(bytes: Uint8Array): Element {
  const [first, ...rest] = readElements(bytes);
  if (!first || rest.length > 0) throw new NotDer("one element was expected");
  return first;
}

/** The elements that the bytes are, one after another. */
export function readElements(bytes: Uint8Array): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const one = elementAt(bytes, at);
    found.push(one);
    at += one.bytes.length;
  }
  return found;
}

/** The elements within one that has this tag. */
export function within(one: Element | undefined, tag: number): readonly Element[] {
  return readElements(contentOf(one, tag));
}

export function contentOf(one: Element | undefined, tag: number): Uint8Array {
  if (one?.tag !== tag) throw new NotDer("another element was expected");
  return one.content;
}

export function readOid(one: Element | undefined): string {
  const content = contentOf(one, TAG.oid);
  if (content.length === 0 || (content.at(-1) as number) >= 0x80) throw new NotDer("an open OID");
  const numbers: bigint[] = [];
  let [number, bytes] = [0n, 0];
  for (const byte of content) {
    bytes += 1;
    if ((bytes === 1 && byte === 0x80) || bytes > MAX_ARC_BYTES) {
      throw new NotDer("a number of an OID that is not the shortest, or too large");
    }
    number = number * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    [number, bytes] = [0n, 0];
  }
  const [head = 0n, ...rest] = numbers;
  const root = head < 80n ? head / 40n : 2n;
  return [root, head - root * 40n, ...rest].join(".");
}

export function readBoolean(one: Element | undefined): boolean {
  const [byte, ...rest] = contentOf(one, TAG.boolean);
  if ((byte !== 0 && byte !== 0xff) || rest.length > 0) throw new NotDer("neither true nor false");
  return byte === 0xff;
}

/** A whole number from 0 that fits; throws for any other. */
export function readSmallInteger(one: Element | undefined): number {
  const content = contentOf(one, TAG.integer);
  const [first, second] = content;
  if (first === undefined || content.length > 5 || first >= 0x80) {
    throw new NotDer("a number out of bounds");
  }
  const isShortest = first !== 0 || second === undefined || second >= 0x80;
  if (!isShortest) throw new NotDer("a number that is not the shortest");
  return content.reduce((number, byte) => number * 256 + byte, 0);
}

/** The bytes of a bit string that is whole bytes. */
export function readBitString(one: Element | undefined): Uint8Array {
  const content = contentOf(one, TAG.bitString);
  if (content[0] !== 0) throw new NotDer("a bit string of whole bytes was expected");
  return content.subarray(1);
}

export function readNamedBits(one: Element | undefined): readonly number[] {
  const [unused = 8, ...bytes] = contentOf(one, TAG.bitString);
  const isWhole = unused === 0 || (unused < 8 && bytes.length > 0);
  if (bytes.length > MAX_NAMED_BYTES) throw new NotDer("bits without end");
  if (!isWhole || (bytes.at(-1) ?? 0) & ((1 << unused) - 1)) throw new NotDer("bits left over");
  return bytes.flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (0x80 >> bit)).map((bit) => at * 8 + bit),
  );
}

function elementAt(bytes: Uint8Array, at: number): Element {
  const [tag, head] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || head === undefined || (tag & 0x1f) === 0x1f) {
    throw new NotDer("no tag and length here");
  }
  const [length, sizeBytes] = head < 0x80 ? [head, 0] : longLength(bytes, at + 2, head & 0x7f);
  const start = at + 2 + sizeBytes;
  if (start + length > bytes.length) throw new NotDer("an element that ends too early");
  return {
    tag,
    content: bytes.subarray(start, start + length),
    bytes: bytes.subarray(at, start + length),
  };
}

function longLength(bytes: Uint8Array, at: number, sizeBytes: number): readonly [number, number] {
  if (sizeBytes === 0 || sizeBytes > MAX_LENGTH_BYTES) throw new NotDer("a length out of bounds");
  const length = bytes.subarray(at, at + sizeBytes).reduce((sum, byte) => sum * 256 + byte, 0);
  const isShortest = length >= 0x80 && bytes[at] !== 0;
  if (!isShortest) throw new NotDer("a length that is not the shortest");
  return [length, sizeBytes];
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes = bytesOf(length);
  return [0x80 | bytes.length, ...bytes];
}

function bytesOf(number: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

function base128(number: number): readonly number[] {
  const digits = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest % 128));
  }
  return digits;
}
