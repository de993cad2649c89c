import type { ProvisioningError } from '../lib/errors.ts';
import type { Json } from '../operations/model.ts';
import type { Task, Work } from '../operations/run.ts';
import type { Order } from '../operations/validator.ts';
import type { CheckedFile, FirmwareService, Pkgs } from './service.ts';

/** Of the operation that asks vendors. */
export const CHECK = 'check';

export interface LinkCheck {
  /** Of firmware packages. */
  readonly keys: readonly string[];
  /** What vendor packages describe that are not installed. */
  others?(task: Task): Promise<ReadonlyMap<string, Pkgs | ProvisioningError>>;
  /** Is given what is not as it should be. */
  told?(wrong: readonly CheckedFile[]): void;
}

/** The check of links as an operation. */
export function linkCheck(
  firmware: Pick<FirmwareService, 'check'>,
  { keys, others, told }: LinkCheck,
): readonly [Order, Work<Json>] {
  const order = { label: CHECK, title: 'ask vendors whether they still have the files', key: 'firmware check' };
  return [
    order,
    async (task) => {
      const { files, broken } = await firmware.check(keys, task, await others?.(task));
      const wrong = files.filter(({ state }) => state.kind !== 'ok');
      told?.(wrong);
      const problems = Array.from(broken, ([vendor, { message }]) => ({ vendor, problem: message }));
      return { checked: files.length, wrong: wrong.map(documentOf), problems };
    },
  ];
}

function documentOf({ file: { name, url }, state: { kind, words }, firmware }: CheckedFile) {
  return { name, url: url ?? null, kind, problem: words, firmware };
}
