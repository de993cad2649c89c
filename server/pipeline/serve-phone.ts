import type { DeviceService } from '../devices/service.ts';
import { bytesContent } from '../lib/content.ts';
import type { Log } from '../lib/log.ts';
import type { SecurityLog } from '../lib/security-log.ts';
import {
  type Caller,
  decide,
  hear,
  type LineParts,
  learn,
  type Outcome,
  pluginOf,
  recall,
  splitKey,
  withoutKeys,
} from './line.ts';
import type { Became, RecentRequest, RecentRequests } from './recent-requests.ts';
import type { PhoneRequest, Reply } from './request.ts';

/** The parts that meet here, and nowhere else. */
export interface Parts extends LineParts {
  readonly devices: DeviceService;
  readonly security: SecurityLog;
  readonly log: () => Log;
  readonly recent: RecentRequests;
}

const notFound: Reply = { kind: 'not-found' };

/** One request of a phone, whatever the transport: who is it, which plugin serves it, what does it get. */
export async function servePhone(asked: PhoneRequest, parts: Parts): Promise<Reply> {
  const started = performance.now();
  const log = parts.log();
  const heard = hear(asked, parts);
  const { request, identification } = heard;
  const { transport, ip } = request;
  if (heard.wrongKey) {
    log.info({ event: 'request.wrong-key', transport, ip }, 'wrong key');
    parts.security.wrongKey(ip);
    const masked = { ...request, path: `/[key]${splitKey(request.path).path}` };
    parts.recent.note(undefined, masked, undefined, { kind: 'wrong-key' }, performance.now() - started);
    return notFound;
  }
  if (log.enabled('info')) {
    log.info({ event: 'request.processing', transport, ip, path: withoutKeys(request.path, parts) }, 'processing request');
  }
  log.info({ event: 'request.extracted', ...identification.info }, 'extracted device info');

  const caller = await learn(await recall(heard, parts), heard, parts);
  log.info(
    {
      event: 'request.device',
      device: caller.device?.id,
      ...(caller.contradictions.length > 0 && { contradictions: caller.contradictions }),
    },
    'retrieved device',
  );

  const plugin = pluginOf(caller, identification, parts.plugins.catalogue);
  log.info({ event: 'request.routed', plugin: plugin?.id ?? null }, 'routed request');

  const outcome = await decide(request, plugin, caller, parts);
  const noted = parts.recent.note(
    caller.device?.id,
    request,
    heard.tenant?.id,
    became(outcome, request),
    performance.now() - started,
  );
  return reply(outcome, request, caller, noted, parts, log);
}

/** An outcome without what was in the file. */
function became(outcome: Outcome, request: PhoneRequest): Became {
  switch (outcome.kind) {
    case 'file':
      return { kind: 'file', file: outcome.file.name, bytes: outcome.rendered.bytes.length, digest: outcome.rendered.digest };
    case 'image':
      return { kind: 'file', file: request.path, bytes: outcome.image.size };
    case 'refused':
      return { kind: 'refused', file: outcome.file.name, why: outcome.why };
    case 'no-config':
    case 'failed':
      return { kind: outcome.kind, file: outcome.file.name, why: outcome.cause.message };
    default:
      return outcome;
  }
}

/** Tells the phone, and whoever has to know. */
function reply(outcome: Outcome, request: PhoneRequest, { device }: Caller, noted: RecentRequest, parts: Parts, log: Log): Reply {
  if ('file' in outcome && outcome.file.artefact.secret) {
    parts.security.sensitiveFile(request.ip, outcome.file.name, outcome.kind === 'refused' ? outcome.why : undefined);
  }
  switch (outcome.kind) {
    case 'file': {
      const { name, artefact } = outcome.file;
      const { bytes, contentType, digest, modified } = outcome.rendered;
      const note = device && {
        device: device.id,
        artefact: name,
        digest,
        ip: request.ip,
        transport: request.transport,
        own: artefact.own,
        accounts: parts.desired.accountsIn(outcome.rendered),
      };
      log.debug({ event: 'request.answered', file: name, bytes: bytes.length }, 'answered');
      return {
        kind: 'file',
        content: bytesContent(bytes),
        contentType,
        tag: digest,
        modified,
        delivered: () => {
          noted.takenMs = Date.now() - noted.last;
          if (note) parts.devices.noteDelivery(note);
        },
      };
    }
    case 'image': {
      const { image } = outcome;
      log.debug({ event: 'request.answered', file: request.path, bytes: image.size }, 'answered with an image');
      const tag = `${image.size}-${image.modified.getTime()}`;
      return {
        kind: 'file',
        content: image,
        contentType: 'application/octet-stream',
        tag,
        modified: image.modified,
        delivered: () => {
          noted.takenMs = Date.now() - noted.last;
        },
      };
    }
    case 'refused':
      log.warn({ event: 'request.refused', file: outcome.file.name, why: outcome.why }, 'refused');
      return notFound;
    case 'no-config':
    case 'failed': {
      const { file, cause } = outcome;
      log.error({ event: 'request.failed', file: file.name, code: cause.code, why: cause.message }, 'cannot make the file');
      return outcome.kind === 'failed' ? { kind: 'failed' } : notFound;
    }
    case 'no-file':
      log.info({ event: 'request.unknown-file', path: withoutKeys(request.path, parts) }, 'no such file');
      return notFound;
    case 'no-plugin':
      return notFound;
  }
}
