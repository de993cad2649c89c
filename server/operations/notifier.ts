import { type Announcer, announcer } from '../lib/announcer.ts';
import type { Operation } from './model.ts';

/** Tells an operation when it has begun, as it goes on (at most ten times a second), and when it has ended: the metrics count it then. */
export type OperationNotifier = Announcer<Operation>;

export const operationNotifier = (): OperationNotifier => announcer();
