import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Operation, Step } from '../../operations/model.ts';
import { statusOf } from '../../operations/status.ts';
import { anything, count, text, time } from '../fields.ts';
import { whole } from '../input.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Answer, type Call, endpoint, param, type Route } from '../route.ts';

const STATES = ['waiting', 'progress', 'success', 'fail'] as const;
const state = z.enum(STATES, { error: `must be ${STATES.join(', ')}` });
const about = z.string().regex(/^\w+:/, { error: 'must be KIND:NAME, such as plugin:yealink-v86' });
const filters = z.strictObject({ state: z.array(state), label: z.string(), subject: z.array(about) }).partial();

/** Whoever asks again when this is over lets no proxy lose patience. */
const MOST_SECONDS = 30;
const showQuery = z.strictObject({ wait: whole(0, MOST_SECONDS), since: whole(0, 999_999_999) }).partial();

const step = z.strictObject({
  label: text.meta({ description: 'What kind of work, in a word: install_pkg, download, render.' }),
  title: text,
  state,
  progress: z.strictObject({ current: z.number(), end: z.number().nullable(), unit: text }).nullable(),
  get steps() {
    return z.array(step);
  },
  started: time.nullable(),
  ended: time.nullable(),
  error: anything.nullable(),
});
step.meta({ id: 'OperationStep' });

export const operationSchema = z
  .strictObject({
    id: text,
    subject: z.record(z.string(), z.string()).meta({ description: 'What it is about: { plugin: yealink-v86 }' }),
    tenant: text.nullable().meta({ description: 'Whose it is; null of what is about the server as a whole.' }),
    ...step.shape,
    created: time,
    cancelling: z.boolean(),
    result: z.unknown().meta({ description: 'What came of it; null until it has ended, and where nothing is to be told.' }),
    status: text.meta({ description: 'The same in a line, as clients of provd read it.' }),
    revision: count,
  })
  .meta({ id: 'Operation' });

/** Answers of a request whose work goes on. */
export const begins = { 202: operationSchema };

/** Long pieces of work: installations, downloads, rendering for all devices. */
export function operationRoutes({ operations }: ApiParts): Route[] {
  /** Of another tenant, and of the server for who is not of the main one, there is none. */
  function mustSee({ caller }: Pick<Call, 'caller'>, id: string): void {
    const operation = operations.get(id);
    if (!operation || !isSeen(operation, caller))
      throw new ProvisioningError('operation-unknown', `No operation has the id ${id}`);
  }

  const list = listingOf({
    summary: 'List operations',
    about: 'The latest first. A `subject` is KIND:NAME, such as plugin:yealink-v86.',
    permission: 'operations.read',
    name: 'operations',
    item: operationSchema,
    filters,
    sorts: {
      created: ({ created }: Operation) => created,
      started: ({ started }) => started,
      ended: ({ ended }) => ended,
      label: ({ label }) => label,
      state: ({ state }) => state,
    },
    usual: '-created',
    key: ({ id }) => id,
    find({ caller, query: { state: states, subject = [], label } }) {
      const found = operations.list({
        subject: Object.fromEntries(subject.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1)])),
        ...(states && { states }),
        ...(label !== undefined && { label }),
      });
      return found.operations.filter((operation) => isSeen(operation, caller));
    },
    document: operationDocument,
  });

  const show = endpoint({
    summary: 'Show an operation',
    about: 'With `wait`, when it is another revision than `since`, or has ended, or so many seconds have passed.',
    permission: 'operations.read',
    query: showQuery,
    answers: { 200: operationSchema },
    async handle(call) {
      const id = param(call, 'id');
      mustSee(call, id);
      const { wait = 0, since = operations.get(id)?.revision ?? 0 } = call.query;
      const operation = wait === 0 ? operations.get(id) : await operations.news(id, since, AbortSignal.timeout(wait * 1_000));
      if (!operation) throw new ProvisioningError('operation-unknown', `No operation has the id ${id}`);
      return { json: operationDocument(operation) };
    },
  });

  const cancel = endpoint({
    summary: 'Cancel an operation',
    about: 'It is asked to end; 409 when it has.',
    permission: 'operations.update',
    answers: begins,
    handle(call) {
      mustSee(call, param(call, 'id'));
      return begun(operations.cancel(param(call, 'id')));
    },
  });

  const forget = endpoint({
    summary: 'Forget an operation that has ended',
    permission: 'operations.delete',
    answers: { 204: 'nothing' },
    async handle(call) {
      mustSee(call, param(call, 'id'));
      await operations.forget(param(call, 'id'));
      return {};
    },
  });

  return [
    { path: '/api/v1/operations', methods: { GET: list } },
    { path: '/api/v1/operations/:id', methods: { GET: show, DELETE: forget } },
    { path: '/api/v1/operations/:id/cancel', methods: { POST: cancel } },
  ];
}

/** Whether an operation is there for somebody. */
export function isSeen({ tenant }: Pick<Operation, 'tenant'>, caller: Caller): boolean {
  return caller.isMain || (tenant !== undefined && caller.sees(tenant));
}

/** The answer to a request whose work goes on: where to see how far it is. */
export function begun(operation: Operation): Answer {
  return { status: 202, headers: { location: `/api/v1/operations/${operation.id}` }, json: operationDocument(operation) };
}

export function operationDocument(operation: Operation) {
  const { id, subject, tenant = null, created, cancelling, result = null, revision } = operation;
  return {
    id,
    subject,
    tenant,
    ...stepDocument(operation),
    created: timeOf(created),
    cancelling,
    result,
    status: statusOf(operation),
    revision,
  };
}

interface StepDocument {
  readonly label: string;
  readonly title: string;
  readonly state: Step['state'];
  readonly progress: unknown;
  readonly steps: readonly StepDocument[];
  readonly started: string | null;
  readonly ended: string | null;
  readonly error: unknown;
}

function stepDocument({ label, title, state, progress, steps, started, ended, error }: Step): StepDocument {
  const time = (at: number | undefined) => (at === undefined ? null : timeOf(at));
  return {
    label,
    title,
    state,
    progress: progress ? { current: progress.current, end: progress.end ?? null, unit: progress.unit } : null,
    steps: steps.map(stepDocument),
    started: time(started),
    ended: time(ended),
    error: error ?? null,
  };
}
