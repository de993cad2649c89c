import { differences as flatProfile } from '../cisco-spa/flat-profile.ts';
import type { Difference } from '../comparison.ts';

/** What multiplatform phones are told otherwise than by provd, and why. */
export const differences: readonly Difference[] = [
  ...flatProfile,
  {
    keys: /@ua$/,
    theirs: /^na$/,
    ours: undefined,
    why: 'settings that stand in the file without saying who may change them are for the administrator, as from the factory; provd says so of some of them',
  },
  {
    keys: /^User_Password$/,
    theirs: /^$/,
    why: 'user_password is told where there is one, and is else what it was; provd takes it from every phone',
  },
  {
    keys: /^PoE_Power_Required(?:@ua)?$/,
    theirs: undefined,
    ours: /^(?:Normal|na)$/,
    why: 'the power for expansion modules is taken back where there are none, in firmware 11, too',
  },
  {
    keys: /^Attendant_Console_Call_Pickup_Code$/,
    theirs: undefined,
    ours: /^(?:\*8(?:<&>)?)?$/,
    why: 'a console picks up by the same code; provd tells it to SPA phones',
  },
  {
    keys: /^(?:Voice_Mail_Number|Call_Pickup_Code)$/,
    theirs: undefined,
    ours: /^$/,
    why: 'a code that is not configured is taken back; provd does so for SPA phones',
  },
];
