import type { Step } from './model.ts';

/**
 * An operation as provd writes it: `[label|]state[;current[/end]](sub)*`, such as
 * `install_pkg|progress(download|progress;4096/51200)(install|waiting)`.
 */
export function statusOf({ label, state, progress, steps }: Step): string {
  const end = progress?.end === undefined ? '' : `/${Math.round(progress.end)}`;
  const far = progress ? `;${Math.round(progress.current)}${end}` : '';
  return `${label && `${label}|`}${state}${far}${steps.map((step) => `(${statusOf(step)})`).join('')}`;
}
