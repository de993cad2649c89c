/** Numbers that are the same in every run: mulberry32, 32 bits of state, good enough to make noise. */
export function noise(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof noise>;

const SEEDS = [
  'GET /Digium/000fd3054848.cfg HTTP/1.0\r\nUser-Agent: Digium D40 1_1_0_0_48178\r\n\r\n',
  'GET //Digium/%2e%2e/a%zz?mac=000fd3054848 HTTP/1.1\r\nHost: 10.0.0.1:8667\r\nRange: bytes=0-99,-5\r\nIf-Range: "x"\r\n\r\n',
  'HEAD /a HTTP/1.1\r\nHost: x\r\nIf-None-Match: W/"b6-r12", *\r\nIf-Modified-Since: Fri, 01 Mar 2024 12:34:56 GMT\r\n\r\n',
  'GET http://offhook.example/a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nX-Forwarded-For: 10.0.0.9, [::1]:80\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world',
  'GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: z\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

/** Makes one request that a phone would not send: a mutated one, random bytes, or a flood of headers. */
export function noisyRequest(random: Random): Buffer {
  const kind = random(10);
  if (kind === 0) return randomBytes(random, random(400));
  if (kind === 1) return flood(random);
  const seed = SEEDS[random(SEEDS.length)] ?? Buffer.alloc(0);
  let bytes: Buffer = Buffer.from(seed);
  for (let left = random(3); left > 0; left -= 1) bytes = mutate(bytes, random);
  return bytes;
}

function mutate(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  switch (random(5)) {
    case 0:
      if (at < bytes.length) bytes[at] = random(256);
      return bytes;
    case 1:
      return Buffer.concat([bytes.subarray(0, at), randomBytes(random, 1 + random(8)), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
    case 3:
      return bytes.subarray(0, at);
    default: {
      const piece = bytes.subarray(at, at + random(40));
      return Buffer.concat([bytes.subarray(0, at), piece, piece, bytes.subarray(at)]);
    }
  }
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function flood(random: Random): Buffer {
  const headers = Array.from({ length: random(300) }, (_, index) => `X-${random(50)}-${index}: ${'y'.repeat(random(120))}\r\n`);
  return Buffer.from(`GET /flood HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`);
}
