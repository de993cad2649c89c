import { choose, score } from '../../associate/associate.ts';
import type { Device } from '../../devices/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Plugin } from '../../plugins/model.ts';
import type { Catalogue } from '../../plugins/service.ts';

/** Which devices are to be moved, and where. */
export interface MoveOrder {
  /** Id of the plugin that they have; it need not be installed any more. */
  readonly from: string;
  /** Id of the plugin that they get. */
  readonly to: string;
  /** Only these models. */
  readonly models?: readonly string[];
  /** Only devices of these tenants, by their ids. */
  readonly tenants?: readonly string[];
  /** Only those whose plugin an operator chose, or only the others. */
  readonly pinned?: boolean;
  /** From now on the plugin is an operator's choice, also where the one before was the server's. */
  readonly pin: boolean;
  /** Nothing is moved: it is said what would change. */
  readonly dryRun: boolean;
}

export type Verdict =
  | { readonly kind: 'moves'; readonly pinned: boolean }
  /** It has the plugin already. */
  | { readonly kind: 'there' }
  | { readonly kind: 'stays'; readonly why: string };

/** Whether a device is one of those that are meant. */
export function fits(device: Device, { from, models, tenants, pinned }: MoveOrder): boolean {
  return (
    device.plugin === from &&
    (!models || (device.model !== undefined && models.includes(device.model))) &&
    (!tenants || tenants.includes(device.tenant)) &&
    (pinned === undefined || device.pinned === pinned)
  );
}

/**
 * What becomes of a device. Whether its plugin is an operator's choice stays as it was: a move of many says where they go, not that
 * nobody else may ever choose for one of them. So one for which the server would choose another plugin at the phone's next request stays.
 */
export function judge(device: Device, order: MoveOrder, catalogue: Catalogue): Verdict {
  const { to, pin } = order;
  if (device.plugin === to) return { kind: 'there' };
  if (!fits(device, order)) return { kind: 'stays', why: 'It was changed meanwhile, and is none of those that were meant' };
  if (pin || device.pinned) return { kind: 'moves', pinned: true };
  const chosen = choose(device, catalogue.ofVendor(device.vendor), to);
  if (chosen === to) return { kind: 'moves', pinned: false };
  return { kind: 'stays', why: `The server would choose ${chosen} for it again. Of ${to}: ${whyNot(device, to, catalogue)}` };
}

function whyNot(device: Device, to: string, catalogue: Catalogue): string {
  return score(device, installed(to, catalogue)).why;
}

/** @throws ProvisioningError plugin-unknown, with the name that was probably meant */
export function installed(id: string, catalogue: Catalogue): Plugin {
  const plugin = catalogue.plugin(id);
  if (!plugin) throw unknownPlugin(id, 'is installed', catalogue);
  return plugin;
}

/** @param isWhat `is installed` */
export function unknownPlugin(id: string, isWhat: string, catalogue: Catalogue): ProvisioningError {
  const ids = catalogue.plugins().map((plugin) => plugin.id);
  const meant = nearest(id, ids);
  const hint = meant === undefined ? 'offhook plugin list shows those that are installed' : `do you mean ${meant}?`;
  return new ProvisioningError('plugin-unknown', `No plugin ${id} ${isWhat}: ${hint}`);
}
