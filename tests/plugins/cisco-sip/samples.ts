import { samples as sep } from './sep-samples.ts';

export const everyCase = ['8941'];

export const samples = sep;
