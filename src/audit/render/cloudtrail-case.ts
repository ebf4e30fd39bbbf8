/** Names as AWS's records write them. */

/** `prev_instance_name` as `prevInstanceName`. */
export function camelCase(key: string): string {
  return key.replaceAll(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
