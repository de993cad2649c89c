/** What is wrong with the keys, types and ranges of a raw config: for `base_config`, which the settings cannot judge by themselves. */
export { checkDocument as checkRawConfig } from '../configs/raw-config.ts';
