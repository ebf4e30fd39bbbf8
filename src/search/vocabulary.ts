/** What search needs to know of the audit catalogue: the names that others give to our operations. */

export interface Vocabulary {
  /**
   * The operations that have a name in the given vocabulary which passes the test; undefined when the field is
   * not a vocabulary's. `action` is one: an operation may have had other actions (v1 names), and asking for one of
   * those finds its events. Others are the likes of `eventName` and `eventSource`. The test is given names as
   * they are written; field names arrive in lower case.
   */
  operationsFor(field: string, test: (name: string) => boolean): readonly string[] | undefined;
}

/** For stores and tests that know of no other names. */
export const noVocabulary: Vocabulary = { operationsFor: () => undefined };
