/** A task: what the runner of a custom credentials configuration is asked to do. */
import type { Instance } from "./secret.ts";

export interface Task {
  readonly id: string;
  readonly at: Instance;
  readonly secretId: string;
}

export interface TaskReader {
  /** Newest first. */
  tasksOf(secretId: string): Promise<readonly Task[]>;
}

export interface TaskStore extends TaskReader {
  insertTask(task: Task): Promise<void>;
}
