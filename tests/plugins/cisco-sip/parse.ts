export { parse } from './sep-parse.ts';
