#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { askSecret } from './cli/ask.ts';
import { run } from './cli/program.ts';
import { keepHeapSmall } from './lib/heap.ts';

// The reader of a pipe may have seen enough: `offhook device list | head -1`.
process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code !== 'EPIPE') throw cause;
  process.exit(0);
});

process.exitCode = await run(
  process.argv.slice(2),
  {
    environment: process.env,
    terminal: process.stdout.isTTY ?? false,
    get columns() {
      return process.stdout.columns ?? 80;
    },
    get rows() {
      return process.stdout.rows ?? 24;
    },
    out: (content) => void process.stdout.write(content),
    err: (content) => void process.stderr.write(content),
    input: () => text(process.stdin),
    secret: askSecret,
  },
  {
    // Only the server needs the server: the other commands start faster without.
    async start(settings, options) {
      keepHeapSmall();
      if (settings.workers > 1) return (await import('./app/primary.ts')).startWorkers(settings, options);
      return (await import('./app.ts')).startApp(settings, {
        ...options,
        announce: (content) => void process.stderr.write(content),
      });
    },
    onSignal: (name, listener) => void process.on(name, listener),
    exit: (code) => process.exit(code),
    program: process.argv[1] ?? 'offhook',
  },
);
