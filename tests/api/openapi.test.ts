import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { description, routes } from '../support/api-description.ts';

const operations = Object.entries(description.paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

test('the description is OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(JSON.stringify(description)))).toMatchObject({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('it has every route with every method, and nothing else', () => {
  const there = routes.flatMap(({ path, methods }) =>
    Object.keys(methods).map((method) => `${method.toLowerCase()} ${path.replaceAll(/[:*](\w+)/g, '{$1}')}`),
  );
  expect(operations.map(({ name }) => name)).toEqual(there);
});

test('every operation has a name of its own, and all but a few need a permission', () => {
  const names = operations.map(({ operation }) => operation.operationId);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => !/^[a-z][A-Za-z]{2,40}$/.test(String(name)))).toEqual([]);
  const open = operations.filter(({ operation }) => operation['x-permission'] === undefined);
  expect(open.map(({ name }) => name)).toEqual([
    'get /status',
    'get /metrics',
    'get /api/v1/self',
    'post /api/v1/login',
    'post /api/v1/logout',
    'put /api/v1/self/password',
    'get /openapi.json',
    'get /docs',
  ]);
  const withoutToken = operations.filter(({ operation }) => operation.security !== undefined);
  expect(withoutToken.map(({ name }) => name)).toEqual([
    'get /status',
    'get /metrics',
    'post /api/v1/login',
    'get /openapi.json',
    'get /docs',
  ]);
});

test('every parameter of a path is described', () => {
  for (const { name, path, operation } of operations) {
    const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, parameter]) => parameter);
    const described = (operation.parameters as unknown as { name: string; in: string }[]).filter((each) => each.in === 'path');
    expect({ name, path: described.map((each) => each.name) }).toEqual({ name, path: inPath });
  }
});
