/** Draws a password for whoever asks. Nothing keeps it, and the record does not even say what was not to be in it. */
import type { Sensitive } from "../../kernel/sensitive.ts";
import {
  DEFAULT_RANDOM_PASSWORD_CHARS,
  drawPassword,
  type PasswordDraw,
} from "../../secrets/password-draw.ts";
import { readOperation } from "../operation.ts";
import type { Instance } from "../../secrets/secret.ts";
import { locatedInRegion } from "./list-described.ts";

export interface GeneratePasswordInput {
  readonly passwordLength?: number | undefined;
  /** Might be a password itself, pasted by mistake. */
  readonly excludeCharacters?: Sensitive<string> | undefined;
  readonly excludeNumbers?: boolean | undefined;
  readonly excludePunctuation?: boolean | undefined;
  readonly excludeUppercase?: boolean | undefined;
  readonly excludeLowercase?: boolean | undefined;
  readonly includeSpace?: boolean | undefined;
  readonly requireEachIncludedType?: boolean | undefined;
}

export interface GeneratePasswordOutput {
  readonly password: Sensitive<string>;
}

export const generatePassword = readOperation<
  GeneratePasswordInput,
  Instance | null,
  GeneratePasswordOutput
>({
  name: "secret.password.generate",
  locate: async (_input, context) => locatedInRegion(context),
  run: async (input) => ({ password: drawPassword(drawOf(input)) }),
});

function drawOf(input: GeneratePasswordInput): PasswordDraw {
  return {
    length: input.passwordLength ?? DEFAULT_RANDOM_PASSWORD_CHARS,
    hasLowercase: !input.excludeLowercase,
    hasUppercase: !input.excludeUppercase,
    hasDigits: !input.excludeNumbers,
    hasPunctuation: !input.excludePunctuation,
    hasSpace: input.includeSpace ?? false,
    without: input.excludeCharacters?.reveal() ?? "",
    hasEach: input.requireEachIncludedType ?? true,
  };
}
