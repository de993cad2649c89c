import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import type { Entry } from '../../history/model.ts';
import { fromPlain, stringifyOrdered } from '../../lib/ordered-json.ts';
import type { Operation } from '../../operations/model.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { timeOf } from '../revision.ts';
import { type Call, endpoint, type Route } from '../route.ts';
import { isSeen, operationDocument } from './operations.ts';

/** Between two looks at the history. It costs some microseconds, finds what other processes wrote, and loses nothing when the server starts again. */
const lookMs = 250;
/** As proxies and clients take it that the connection lives. */
const beatMs = 15_000;
/** After which a stream of a token that was revoked ends, also where nothing happens. */
const checkMs = 5_000;
const ENTRIES_AT_ONCE = 200;

/** What one must be permitted to read of something that changed. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  device: 'devices.read',
  config: 'configs.read',
  tenant: 'tenants.read',
  token: 'tokens.read',
  user: 'users.read',
  template: 'templates.read',
  package: 'packages.read',
  firmware: 'firmware.read',
  'firmware-file': 'firmware.read',
  repository: 'repositories.read',
  lease: 'leases.read',
  settings: 'settings.read',
  parameter: 'settings.read',
};

const query = z
  .strictObject({
    resource: z
      .array(
        z.enum([...Object.keys(PERMISSIONS), 'operation'], {
          error: 'must be device, config, tenant, operation … as audit entries have it',
        }),
      )
      .meta({ description: 'Only what happens to things of these kinds.' }),
  })
  .partial();

/** What changes, as it does: server-sent events (HTML Living Standard, section 9.2). */
export function eventRoutes({ history, operations, operationNews, tenants, eventStreams }: ApiParts): Route[] {
  let streams = 0;

  async function* tell(call: Call<z.output<typeof query>>): AsyncGenerator<string> {
    const {
      gone,
      query: { resource: wanted },
    } = call;
    const isWanted = (resource: string) => wanted === undefined || wanted.includes(resource);
    // Of an operation only how far it is now.
    const moved = new Map<string, Operation>();
    const leave = operationNews.subscribe((operation) => void moved.set(operation.id, operation));
    let caller: Caller = call.caller;
    let checked = performance.now();
    let told = checked;
    streams += 1;
    try {
      const { oldest, newest } = await history.range();
      const shown = call.lastEventId;
      const position = shown === undefined ? newest : positionOf(shown);
      const isKnown = position !== undefined && position <= newest && position >= oldest - 1;
      let last = isKnown ? position : newest;
      // With an id from the first: who is cut off before anything happened has one to come again with.
      yield `id: ${last}\nretry: 2000\n\n`;
      if (!isKnown) yield `id: ${last}\nevent: reset\ndata: {}\n\n`;
      else if (shown !== undefined) for (const operation of await movedSince(last)) moved.set(operation.id, operation);
      while (!gone.aborted) {
        const now = performance.now();
        const entries = await history.after(last, ENTRIES_AT_ONCE);
        const before = caller;
        // Whoever tells of a tenant that was made a moment ago must know that it is there.
        if (entries.length > 0 || moved.size > 0 || now - checked >= checkMs) {
          caller = call.callerNow();
          checked = now;
        }
        const texts: string[] = [];
        for (const entry of entries) {
          last = entry.number;
          const { resource } = entry.what;
          if (isWanted(resource) && isTold(entry, caller, before))
            texts.push(`id: ${last}\nevent: change\ndata: ${changeOf(entry)}\n\n`);
        }
        if (isWanted('operation') && caller.may('operations.read')) {
          for (const operation of [...moved.values()].filter((each) => isSeen(each, caller))) {
            const known = operations.get(operation.id) ?? operation;
            texts.push(`event: operation\ndata: ${stringifyOrdered(fromPlain(operationDocument(known)))}\n\n`);
          }
        }
        moved.clear();
        if (texts.length > 0 || now - told >= beatMs) {
          told = now;
          yield texts.join('') || `: it lives\nid: ${last}\n\n`;
        }
        if (entries.length < ENTRIES_AT_ONCE) await pause(lookMs, undefined, { signal: gone }).catch(() => {});
      }
    } catch (cause) {
      // What cannot be told any more, because the token was revoked: whoever comes again is told so.
      if (!(cause instanceof HttpProblem)) throw cause;
    } finally {
      streams -= 1;
      leave();
    }
  }

  /** Those that may have come further since that entry, from the oldest; too many rather than too few. */
  async function movedSince(number: number): Promise<Operation[]> {
    const [entry] = await history.after(number - 1, 1);
    const from = entry?.number === number ? entry.at : 0;
    return operations
      .list()
      .operations.filter(({ ended = Number.POSITIVE_INFINITY }) => ended >= from)
      .toReversed();
  }

  /** @param before the same caller some seconds ago: only then was a tenant that is removed among those that it sees */
  function isTold({ what: { resource, tenant } }: Entry, caller: Caller, before: Caller): boolean {
    const permission = PERMISSIONS[resource];
    if (permission === undefined || !caller.may(permission)) return false;
    if (tenant === undefined) return caller.isMain;
    return caller.sees(tenant) || (!tenants.get(tenant) && before.sees(tenant));
  }

  const events = endpoint({
    summary: 'Tell changes and operations as they come, as server-sent events',
    about:
      'Events `change` have what an audit entry has, without its diff; `operation` is an operation, each time that it has come further. Whoever shows the id of the last event (`Last-Event-ID`) ' +
      'is told what happened since; `reset` says that this is not known any more, and that lists are to be read anew. What phones tell of themselves is no change.',
    permission: 'events.read',
    query,
    resumable: true,
    answers: { 200: { mediaType: 'text/event-stream' } },
    handle(call) {
      if (streams >= eventStreams) {
        const message = `${eventStreams} listen already, as many as admin.event_streams permits; try again later`;
        throw new HttpProblem(503, 'events-busy', message, { headers: { 'retry-after': '10' } });
      }
      const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
      return { headers, stream: tell(call) };
    },
  });
  return [{ path: '/api/v1/events', methods: { GET: events } }];
}

function positionOf(id: string): number | undefined {
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

function changeOf({ number, at, what, action }: Entry): string {
  const { resource, id, tenant = null, revision = null } = what;
  return JSON.stringify({ number, at: timeOf(at), resource, id, tenant, revision, action });
}
