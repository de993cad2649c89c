import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  {
    keys: /^commonProfile\/phonePassword$/,
    theirs: undefined,
    ours: /./,
    why: 'admin_password, without which everybody may change the settings in the phone’s menu; provd does not tell it to these phones',
  },
  {
    keys: /^devicePool\/dateTimeSetting\/timeZone$/,
    // What provd writes for every zone of an offset that is not, by exactly that name, in its list.
    theirs:
      /^(?:US Mountain|Mexico|US Eastern|SA Western|SA Eastern|Mid-Atlantic|Greenwich|South Africa|Russian|West Pacific|Fiji) Standard(?:\/Daylight)? Time ?$/,
    ours: /^[\w. ]+ Standard(?:\/Daylight)? Time$/,
    why: 'the name with the zone’s own rule; provd finds summer time by the exact name of the zone only, and names some whose summer time is no law any more',
  },
];
