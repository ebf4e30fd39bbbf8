/** What the delivery of the trail needs of the state: additions to it, never changed once they were released. */

const progress = `
  CREATE TABLE delivery_progress (
    destination TEXT PRIMARY KEY,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export const deliveryMigrations: readonly string[] = [progress];
