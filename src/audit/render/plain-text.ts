/** Text for a line of a log: what a receiver, or a screen, could take for the end of the line is made visible. */

const LAST_CONTROL = 0x1f;
const DELETE = 0x7f;
/** Unicode's pictures of the control characters: `␊` for a line feed. */
const PICTURES = 0x2400;
const PICTURE_OF_DELETE = "\u2421";
const REPLACEMENT = "\ufffd";

/** C0 and DEL; C1, and what Unicode separates lines and paragraphs by; halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex -- these are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g;

/** As nearly every text is: it is looked at once, and stays as it is. */
const ORDINARY = /^[\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\uffff]*$/;

/** One line of well-formed Unicode. No two texts that differ in control characters of ASCII become the same. */
export function plainText(text: string): string {
  if (ORDINARY.test(text)) return text;
  return text.toWellFormed().replaceAll(UNPRINTABLE, pictureOf);
}

function pictureOf(char: string): string {
  const code = char.charCodeAt(0);
  if (code <= LAST_CONTROL) return String.fromCharCode(PICTURES + code);
  return code === DELETE ? PICTURE_OF_DELETE : REPLACEMENT;
}

const CUT = "…";

/** At most so many characters (UTF-16), the last of them saying that there were more; never half of a pair. */
export function shortened(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return `${text.slice(0, maxChars - CUT.length).replace(/[\ud800-\udbff]$/, "")}${CUT}`;
}
