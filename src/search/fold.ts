/** Case folding: the one place that decides which texts are equal when case does not matter. */

// oxlint-disable-next-line no-control-regex -- the range is the ASCII block, control characters included
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * The text in lower case, code point by code point, without regard to neighbours or locale. That makes it a
 * homomorphism, `fold(a + b) = fold(a) + fold(b)`, so a prefix of a text folds to a prefix of the folded text.
 * (`toLowerCase` on whole texts is not one: a final Σ becomes ς.) Folding is done once, here, when an event is
 * projected and when a query is planned; no store folds, so no two stores can differ in it.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = "";
  for (const char of text) folded += char.toLowerCase();
  return folded;
}

/** Orders texts by code point, which is also the order of their UTF-8 bytes; `<` on strings is not. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (astral characters) below U+E000..U+FFFF; by code point they come after. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
