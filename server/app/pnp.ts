import { prefixed } from '../lib/errors.ts';
import { type PnpEvent, type PnpListener, startPnp } from '../listeners/pnp/listener.ts';
import { pnpUrl } from '../sdk/boot-options.ts';
import type { Core } from './core.ts';

/**
 * SIP PnP as the settings want it.
 *
 * @param takesOver it is that of a process that ended, and what would end a start is not to keep it from the rest of its work
 * @returns undefined where it is off
 * @throws ProvisioningError pnp-port-in-use, pnp-port-not-allowed, pnp-socket-failed
 */
export async function createPnp(core: Core, takesOver: boolean): Promise<PnpListener | undefined> {
  const { pnp, phones } = core.settings;
  if (pnp.interfaces.length === 0) return undefined;
  const listener = await startPnp({
    interfaces: pnp.interfaces,
    port: pnp.port,
    trusted: phones.secrets_without_key,
    takesOver,
    ask: (request) =>
      core.noteProfile(request, ({ plugin, device }) => {
        if (!plugin) return undefined;
        const url = core.baseUrls.of(request, device?.id);
        return pnpUrl(plugin.package.definition, { url, address: request.reached.ip });
      }),
    observe: observePnp(core),
  }).catch((cause) => {
    throw prefixed('pnp', cause);
  });
  core.metrics.pnp(() => listener.counts());
  core.metrics.pnpInterfaces(() => listener.interfaces().map(({ name, state }) => ({ name, isReady: state === 'answered' })));
  return listener;
}

/** What anybody in the network can make the server say is on debug: there may be much of it. */
function observePnp({ log }: Core): (event: PnpEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'message': {
        const { kind: _, ...message } = event;
        log.debug({ event: 'pnp.message', ...message }, 'a message of SIP PnP');
        return;
      }
      case 'refused':
        log.debug(
          { event: 'pnp.refused', ip: event.ip, status: event.status, why: event.reason },
          'a phone did not take what it was told',
        );
        return;
      case 'opened':
        log.info({ event: 'pnp.interface', interface: event.interface.name }, `SIP PnP is answered on ${event.interface.name}`);
        return;
      case 'unavailable':
        log.error(
          { event: 'pnp.interface-unavailable', interface: event.name, why: event.problem.message },
          event.problem.message,
        );
        return;
      case 'unsent':
        log.warn({ event: 'pnp.unsent', ip: event.to, why: event.problem }, event.problem);
        return;
      case 'failed':
        log.error({ event: 'pnp.failed', err: event.cause }, 'could not handle a message of SIP PnP');
    }
  };
}
