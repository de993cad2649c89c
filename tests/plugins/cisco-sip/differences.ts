export { differences } from './sep-differences.ts';
