import type { ProvisioningError } from '../lib/errors.ts';
import type { RootLog } from '../lib/log.ts';
import type { Metrics, Outcome, TransferEnd } from '../lib/metrics.ts';
import type { SecurityLog } from '../lib/security-log.ts';
import type { HttpEvent } from '../listeners/http.ts';
import type { TftpEvent } from '../listeners/tftp.ts';
import type { Override } from '../overrides/model.ts';
import type { Catalogue } from '../plugins/service.ts';

/** What the listeners tell, for metrics and logs. A phone that does something odd is a line on debug: there are many of them. */
export function observeHttp(log: RootLog, metrics: Metrics): (event: HttpEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'finished':
        metrics.phoneRequest(event.transport, httpOutcome(event.status, event.complete), event.ms / 1_000);
        metrics.sent(event.transport, event.bytes);
        return;
      case 'answer-failed':
        log.error({ event: 'http.failed', ip: event.ip, err: event.cause }, 'could not answer a phone');
        return;
      case 'accept-failed':
        log.error({ event: 'http.accept-failed', err: event.cause }, 'could not accept a connection');
        return;
      case 'certificate-renewed':
        log.info({ event: 'http.certificate-renewed' }, 'took a new certificate into use');
        return;
      case 'certificate-rejected':
        log.error(
          { event: 'http.certificate-rejected', err: event.cause },
          'the new certificate cannot be used; the one before stays',
        );
        return;
      default: {
        const { kind, ...fields } = event;
        log.debug({ event: `http.${kind}`, ...fields }, 'turned a connection away');
      }
    }
  };
}

function httpOutcome(status: number, complete: boolean): Outcome {
  if (!complete) return 'aborted';
  if (status === 304) return 'not-modified';
  if (status === 404) return 'not-found';
  if (status >= 500) return 'failed';
  return status < 300 ? 'sent' : 'rejected';
}

const ends: Readonly<Record<string, TransferEnd>> = { complete: 'complete', silent: 'timeout', failed: 'failed' };

export function observeTftp(log: RootLog, metrics: Metrics): (event: TftpEvent) => void {
  return (event) => {
    if (event.kind === 'finished') {
      const end = ends[event.outcome] ?? 'aborted';
      metrics.phoneRequest('tftp', end === 'complete' ? 'sent' : end === 'failed' ? 'failed' : 'aborted', event.ms / 1_000);
      metrics.sent('tftp', event.bytes);
      metrics.tftpEnded(end);
      metrics.tftpRetransmitted(event.retransmitted);
      const { kind: _, ...fields } = event;
      log.debug({ event: 'tftp.finished', ...fields }, 'a transfer ended');
    } else if (event.kind === 'failed') {
      log.error({ event: 'tftp.failed', ip: event.ip, file: event.filename, err: event.cause }, 'could not answer a phone');
    } else {
      metrics.phoneRequest('tftp', 'rejected', 0);
      log.debug({ event: 'tftp.refused', ip: event.ip, file: event.filename, why: event.why }, 'refused a request');
    }
  };
}

/** A broken package is one clear line; the others work on. */
export function reportPlugins({ packages, broken }: Catalogue, directories: readonly string[], log: RootLog): void {
  if (packages.length === 0) {
    log.error(
      { event: 'plugin.none', directories },
      'no vendor package is loaded: no phone gets anything until offhook plugin install has installed one',
    );
  }
  for (const { id, plugins } of packages) {
    log.info(
      { event: 'plugin.loaded', package: id, plugins: plugins.map((plugin) => plugin.id) },
      `loaded the vendor package ${id}`,
    );
  }
  for (const { id, folder, problem } of broken) {
    log.error({ event: 'plugin.broken', package: id, folder, problem }, `the vendor package ${id} is disabled: ${problem}`);
  }
}

/** What vendor packages describe and nobody can install. */
export function reportFirmware(problems: ReadonlyMap<string, ProvisioningError>, log: RootLog): void {
  for (const [id, { message }] of problems) {
    log.error(
      { event: 'firmware.unreadable', package: id, problem: message },
      `the firmware of ${id} cannot be installed: ${message}`,
    );
  }
}

/** Operators' templates, a line each; what asks for an operator is a warning. */
export function reportOverrides(overrides: readonly Override[], log: RootLog): void {
  for (const { plugin, name, state } of overrides) {
    const level = state === 'outdated' || state === 'orphaned' ? 'warn' : 'info';
    log[level]({ event: `template.${state}`, plugin, name }, tellings[state](`${plugin}/${name}`));
  }
}

const tellings: Readonly<Record<Override['state'], (name: string) => string>> = {
  current: (name) => `the template override ${name} is used`,
  outdated: (name) => `the package's template changed under the override ${name}; offhook template diff shows how`,
  same: (name) => `the override ${name} says what the package's template says; it is of no use`,
  orphaned: (name) => `the override ${name} is kept, but its plugin or its template is no longer there`,
  own: (name) => `the template ${name} is the operator's own`,
};

/** The same, and counted. */
export function counted(security: SecurityLog, metrics: Metrics): SecurityLog {
  return {
    ...security,
    sensitiveFile(ip, name, refused) {
      metrics.security(refused === undefined ? 'sensitive-file-sent' : 'sensitive-file-refused');
      security.sensitiveFile(ip, name, refused);
    },
    deviceCreated(ip, id) {
      metrics.security('device-created');
      security.deviceCreated(ip, id);
    },
    wrongKey(ip) {
      metrics.security('wrong-key');
      security.wrongKey(ip);
    },
    loginRefused(ip) {
      metrics.security('login-refused');
      security.loginRefused(ip);
    },
    loginLimited(ip) {
      metrics.security('login-limited');
      security.loginLimited(ip);
    },
    wrongCode(ip, device) {
      metrics.security('wrong-code');
      security.wrongCode(ip, device);
    },
    codesLimited(ip, device) {
      metrics.security('codes-limited');
      security.codesLimited(ip, device);
    },
  };
}
