import type { Json } from '../operations/model.ts';
import type { Work } from '../operations/run.ts';
import type { Order } from '../operations/validator.ts';
import type { CheckedFile, FirmwareService } from './service.ts';

/** Of the operation that asks vendors. */
export const CHECK = 'check';

/** The check of links as an operation. @param keys of firmware packages @param told is given what is not as it should be */
export function linkCheck(
  firmware: Pick<FirmwareService, 'check'>,
  keys: readonly string[],
  told: (wrong: readonly CheckedFile[]) => void = () => {},
): readonly [Order, Work<Json>] {
  const order = { label: CHECK, title: 'ask vendors whether they still have the files', key: 'firmware check' };
  return [
    order,
    async (task) => {
      const checked = await firmware.check(keys, task);
      const wrong = checked.filter(({ state }) => state.kind !== 'ok');
      told(wrong);
      return { checked: checked.length, wrong: wrong.map(documentOf) };
    },
  ];
}

function documentOf({ file: { name, url }, state: { kind, words }, firmware }: CheckedFile) {
  return { name, url: url ?? null, kind, problem: words, firmware };
}
