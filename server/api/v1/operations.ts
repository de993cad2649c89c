import * as z from 'zod';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Operation, Step } from '../../operations/model.ts';
import { statusOf } from '../../operations/status.ts';
import { page, readQuery, whole } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';

const STATES = ['waiting', 'progress', 'success', 'fail'] as const;
const state = z.enum(STATES, { error: `must be ${STATES.join(', ')}` });
const about = z.string().regex(/^\w+:/, { error: 'must be KIND:NAME, such as plugin:yealink-v86' });
const listQuery = z.strictObject({ state: z.array(state), label: z.string(), subject: z.array(about), ...page }).partial();

/** Whoever asks again when this is over lets no proxy lose patience. */
const MOST_SECONDS = 30;
const showQuery = z.strictObject({ wait: whole(0, MOST_SECONDS), since: whole(0, 999_999_999) }).partial();

/** Long pieces of work: installations, downloads, rendering for all devices. */
export function operationRoutes({ operations }: ApiParts): Route[] {
  function list({ query }: Call): Answer {
    const { state: states, subject = [], label, limit = 100, offset = 0 } = readQuery(query, listQuery, ['state', 'subject']);
    const found = operations.list({
      limit,
      offset,
      subject: Object.fromEntries(subject.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1)])),
      ...(states && { states }),
      ...(label !== undefined && { label }),
    });
    return { json: { operations: found.operations.map(operationDocument), total: found.total } };
  }

  /** With `wait`, when it is another revision than `since`, or has ended, or so many seconds have passed. */
  async function show(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    const { wait = 0, since = operations.get(id)?.revision ?? 0 } = readQuery(call.query, showQuery);
    const operation = wait === 0 ? operations.get(id) : await operations.news(id, since, AbortSignal.timeout(wait * 1_000));
    if (!operation) throw new ProvisioningError('operation-unknown', `No operation has the id ${id}`);
    return { json: operationDocument(operation) };
  }

  function cancel(call: Call): Answer {
    return begun(operations.cancel(param(call, 'id')));
  }

  async function forget(call: Call): Promise<Answer> {
    await operations.forget(param(call, 'id'));
    return {};
  }

  return [
    { path: '/api/v1/operations', methods: { GET: list } },
    { path: '/api/v1/operations/:id', methods: { GET: show, DELETE: forget } },
    { path: '/api/v1/operations/:id/cancel', methods: { POST: cancel } },
  ];
}

/** The answer to a request whose work goes on: where to see how far it is. */
export function begun(operation: Operation): Answer {
  return { status: 202, headers: { location: `/api/v1/operations/${operation.id}` }, json: operationDocument(operation) };
}

function operationDocument(operation: Operation) {
  const { id, subject, created, cancelling, result = null, revision } = operation;
  return {
    id,
    subject,
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
