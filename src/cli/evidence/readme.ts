/** The README of evidence: for an auditor who has this folder, a shell, and no reason to trust us. */
import type { VerifiedCheckpoint } from "../../ledger/witness-policy.ts";
import { printable } from "../command.ts";
import { FILE } from "./layout.ts";

export interface ReadmeFacts {
  readonly query: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly events: number;
  readonly checkpoint: VerifiedCheckpoint;
  readonly exportIndex: number;
}

export function renderReadme(facts: ReadmeFacts): string {
  const { origin, size, logVkey } = facts.checkpoint;
  const period = [facts.from && `from ${facts.from}`, facts.to && `to ${facts.to}`].filter(Boolean);
  return `# Evidence from the audit trail ${printable(origin)}

${facts.events} events, exactly as they were recorded, with the proof that each is in the log.

- Asked for: ${inlineCode(facts.query || "everything")}${period.length > 0 ? ` ${printable(period.join(" "))}` : ""}
- The log had ${size} entries; this export was itself recorded, as entry ${facts.exportIndex}
- Signed by the key \`${printable(logVkey)}\`

${FILES}
${TRUST}
${WITH_KEYTRAIL}
${BY_HAND}`;
}

const FILES = `## What is here

| file | what it is |
|---|---|
| ${FILE.events} | the events: one line of JSON each, the exact bytes that were hashed into the log |
| ${FILE.proofs} | for each of those lines, its position in the log and its inclusion proof (RFC 6962, 2.1.1) |
| ${FILE.checkpoint} | the signed head of the log that all proofs lead to (C2SP tlog-checkpoint) |
| ${FILE.logKey} | the key that signed it |
| ${FILE.exportEvent} | the log's record of this export: who asked, what, and how many events each history had |
| ${FILE.exportReceipt} | the receipt of that record (C2SP tlog-proof) |
| ${FILE.policy} | if present, the witnesses the exporter expects to have cosigned (C2SP tlog-policy) |
| ${FILE.sums} | SHA-256 of all other files |
`;

const TRUST = `## What it shows, and what you must bring

No event here can have been altered, and none can have been slipped in, without the log's key. That
holds only if the key is the log's: **compare ${FILE.logKey} with one you got another way**, from an earlier
export, from the operator, or from a witness. An operator who has the key could still show you another
log than it shows others: cosignatures by witnesses you trust (the lines of ${FILE.checkpoint} after the
first signature) exclude that.

Each event carries \`counters\`: it is the n-th event on its target and the m-th by its initiator. If the
events of one target are numbered 1 to n without a gap, and ${FILE.exportEvent} says
(\`responseData.counts\`) that there were n, these are all there are.
`;

const WITH_KEYTRAIL = `## Check it with keytrail

\`\`\`
keytrail verify . --log-key "<the key you know>"
keytrail verify . --policy <your policy file>
\`\`\`
`;

/** Run by a test, as it stands. */
const BY_HAND = `## Check it by hand

Needs a POSIX shell, openssl, and base64. Any C2SP tool does too: the last step makes a tlog-proof.

1. The files are whole:

\`\`\`sh
sha256sum -c ${FILE.sums}
\`\`\`

2. The head is signed by the log. An Ed25519 key is 32 bytes after a fixed prefix; a signature is the last
   64 bytes of its line; what is signed is the text before the empty line:

\`\`\`sh
work=$(mktemp -d)
origin=$(head -n 1 ${FILE.checkpoint})
{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'
  sed 's/^[^+]*+[^+]*+//' ${FILE.logKey} | base64 -d | tail -c 32; } > "$work/key.der"
sed '/^$/,$d' ${FILE.checkpoint} > "$work/text"
grep -F -- "— $origin " ${FILE.checkpoint} | head -n 1 | cut -d' ' -f3 | base64 -d | tail -c 64 > "$work/signature"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" -sigfile "$work/signature"
\`\`\`

3. Each event is in the log. A leaf is SHA-256(0x00, line), a node SHA-256(0x01, left, right); the path up
   from the leaf must end at the head's root (RFC 9162, 2.1.3.2):

\`\`\`sh
node() { { printf '\\001'; echo "$1" | base64 -d; echo "$2" | base64 -d; } | openssl dgst -sha256 -binary | base64; }
size=$(sed -n 2p ${FILE.checkpoint}); root=$(sed -n 3p ${FILE.checkpoint}); n=0
while IFS= read -r line; do
  n=$((n + 1))
  proof=$(sed -n "\${n}p" ${FILE.proofs})
  index=$(echo "$proof" | sed 's/^{"index":\\([0-9]*\\).*/\\1/')
  hash=$({ printf '\\000'; printf %s "$line"; } | openssl dgst -sha256 -binary | base64)
  at=$index; last=$((size - 1))
  for sibling in $(echo "$proof" | sed 's/.*\\[//; s/[]}"]//g' | tr , ' '); do
    if [ $((at % 2)) -eq 1 ] || [ "$at" -eq "$last" ]; then
      hash=$(node "$sibling" "$hash")
      while [ $((at % 2)) -eq 0 ] && [ "$at" -gt 0 ]; do at=$((at / 2)); last=$((last / 2)); done
    else
      hash=$(node "$hash" "$sibling")
    fi
    at=$((at / 2)); last=$((last / 2))
  done
  if [ "$hash" = "$root" ] && [ "$last" -eq 0 ]; then echo "event $index: in the log"
  else echo "event $index: NOT in the log"; exit 1; fi
done < ${FILE.events}
\`\`\`

4. A receipt of one event, here of the first, for any tool that reads C2SP tlog-proofs:

\`\`\`sh
if [ -s ${FILE.events} ]; then
  head -n 1 ${FILE.events} | tr -d '\\n' > "$work/event.json"
  { echo "c2sp.org/tlog-proof@v1"
    head -n 1 ${FILE.proofs} | sed 's/^{"index":\\([0-9]*\\).*/index \\1/'
    head -n 1 ${FILE.proofs} | sed 's/.*\\[//; s/[]}"]//g' | tr , '\\n' | sed '/^$/d'
    echo
    cat ${FILE.checkpoint}; } > "$work/event.tlog-proof"
  echo "keytrail verify $work/event.tlog-proof --event $work/event.json --log-key \\"$(cat ${FILE.logKey})\\""
fi
\`\`\`
`;

/** As Markdown code that no back-tick in it can end. */
function inlineCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence} ${printable(text)} ${fence}`;
}
