import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import type { Unit } from './model.ts';

/** A part of an operation that is to be done. */
export interface Plan {
  /** One word of letters, digits and underscores, as provd's clients read it; a step may have none. */
  readonly label: string;
  /** Default: the label. */
  readonly title?: string;
  /** What its progress counts; default: steps. */
  readonly unit?: Unit;
  /** What is known of its parts before they begin: they are shown as waiting. */
  readonly steps?: readonly Plan[];
}

/** An operation that is to be started. */
export interface Order extends Plan {
  readonly title: string;
  readonly subject?: Readonly<Record<string, string>>;
  /** Whose it is; absent of what is about the server as a whole. */
  readonly tenant?: string;
  /** Of those with the same key one runs at a time. */
  readonly key?: string;
}

/** @throws ProvisioningError operation-invalid with every complaint */
export function checkOrder(order: Order): void {
  const complaints = [
    ...(order.label === '' ? [{ path: 'label', message: 'must not be empty' }] : []),
    ...complaintsOf(order, ''),
  ];
  if (order.title.trim() === '') complaints.push({ path: 'title', message: 'must say what is done' });
  refuse(complaints);
}

/** @throws ProvisioningError operation-invalid with every complaint */
export function checkPlan(plan: Plan): void {
  refuse(complaintsOf(plan, ''));
}

function complaintsOf({ label, steps = [] }: Plan, above: string): Complaint[] {
  return [
    ...(/^\w*$/.test(label) ? [] : [{ path: `${above}label`, message: 'must be of letters, digits and underscores' }]),
    ...steps.flatMap((step, index) => complaintsOf(step, `${above}steps.${index}.`)),
  ];
}

function refuse(complaints: readonly Complaint[]): void {
  if (complaints.length === 0) return;
  const told = complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new ProvisioningError('operation-invalid', `The operation cannot be started: ${told}`, { complaints });
}
