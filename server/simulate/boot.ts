import { imagesOf, type Named, valuesOf } from '../artefacts/names.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { Mac } from '../lib/mac.ts';
import { fill } from '../lib/placeholders.ts';
import type { ModelRow, Plugin } from '../plugins/model.ts';
import type { Boot } from '../sdk.ts';

/** What tells one phone of a model from another. */
export interface Identity {
  readonly mac: Mac;
  readonly serial: string;
  readonly uuid: string;
}

/** What one phone sends as it comes up, with nothing left to fill in. */
export interface PhoneBoot {
  readonly transports: Boot['transports'];
  /** DHCP option 60. */
  readonly vendorClass: string | undefined;
  readonly requests: readonly PhoneRequest[];
}

export interface PhoneRequest {
  /** Paths below the server's URL, perhaps with a query; the next is asked for when the one before does not exist. */
  readonly paths: readonly string[];
  /** The same as the package writes them: what all phones of a model ask for under. */
  readonly names: readonly string[];
  /** The phone comes up without it. */
  readonly optional: boolean;
  /** A firmware image, which a phone fetches that does not run its release yet. */
  readonly image: boolean;
  readonly userAgent: string | undefined;
}

/** How a phone of this model comes up; undefined when its package does not say. */
export function bootOf(plugin: Plugin, row: ModelRow, identity: Identity): PhoneBoot | undefined {
  const boot = plugin.line.boot ?? plugin.package.definition.boot;
  if (!boot) return undefined;
  const { version } = row.series;
  const phone: Named = { ...identity, model: row.name, version };
  const values = valuesOf(phone, row.model);
  const write = (text: string): string => {
    const written = fill(text, values);
    if (written === undefined)
      throw new ProvisioningError('plugin-invalid', `${plugin.id}: boot has no value for all of ${text}`);
    return written;
  };
  const requests = boot.requests.flatMap((request): PhoneRequest[] => {
    const agent = request.userAgent ?? boot.userAgent;
    const userAgent = agent === undefined ? undefined : write(agent);
    if ('images' in request) {
      const image = { optional: false, image: true, userAgent };
      return imagesOf(row.series, row.name).map((path) => ({ ...image, paths: [path], names: [path] }));
    }
    const names = [request.path].flat();
    return [{ paths: names.map(write), names, optional: request.optional ?? false, image: false, userAgent }];
  });
  return {
    transports: boot.transports,
    vendorClass: boot.vendorClass === undefined ? undefined : write(boot.vendorClass),
    requests,
  };
}
