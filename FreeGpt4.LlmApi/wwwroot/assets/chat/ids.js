/** A new UUID of version 7 (RFC 9562, section 5.7). `crypto.randomUUID` is only there over https and on the machine itself. */
export function newId() {
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const time = Date.now().toString(16).padStart(12, '0');
  const random = crypto.getRandomValues(new Uint8Array(10));
  random[0] = 0x70 | (random[0] & 0x0f);
  random[2] = 0x80 | (random[2] & 0x3f);
  return [time.slice(0, 8), time.slice(8), hex(random.slice(0, 2)), hex(random.slice(2, 4)), hex(random.slice(4))].join('-');
}

export const isId = (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
