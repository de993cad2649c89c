import { isProxy } from '../lib/download/network.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { ParameterDao } from './dao.ts';

/**
 * What clients of provd set on a running server, and what it has to be (section 2.3 of provd's contract). Of what stands in the settings, too,
 * those count: a parameter fills what they leave open.
 */
const rules = {
  http_proxy: isProxyUrl,
  ftp_proxy: isProxyUrl,
  https_proxy: (text: string) => isProxy(text) && !text.includes('://'),
  /** The language of the descriptions of parameters. */
  locale: (text: string) => /^[a-z]{2,3}(?:_[A-Z]{2,3})?$/.test(text),
  /** 1: phones share addresses. */
  NAT: (text: string) => text === '0' || text === '1',
} satisfies Record<string, (text: string) => boolean>;

function isProxyUrl(text: string): boolean {
  return isProxy(text) && text.includes('://');
}

export type ParameterName = keyof typeof rules;

export interface ParameterService {
  get(name: ParameterName): string | undefined;
  /** @param value null takes it away @throws ProvisioningError parameter-invalid, which does not show the value */
  set(name: ParameterName, value: string | null): Promise<void>;
  /** Another process set some. */
  changedElsewhere(): Promise<void>;
}

/** They are few, and asked for by every request: they are kept in memory. */
export async function parameterService(dao: ParameterDao): Promise<ParameterService> {
  let values = await dao.list();
  const read = async () => {
    values = await dao.list();
  };
  return {
    get: (name) => values.get(name),
    async set(name, value) {
      if (value !== null && !rules[name](value)) throw new ProvisioningError('parameter-invalid', `This is no value of ${name}`);
      await dao.set(name, value);
      await read();
    },
    changedElsewhere: read,
  };
}
