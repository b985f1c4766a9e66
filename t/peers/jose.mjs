// jose verifies tokens against the published keys.

import * as jose from 'jose';
import { given } from './browser.mjs';

const url = new URL(`${given.issuer}/oauth/jwks`);
const response = await fetch(url);
const set = await response.json();
const keys = jose.createLocalJWKSet(set);
const said = { kids: set.keys.map((key) => key.kid), tokens: [],
               private: set.keys.some((key) => 'd' in key),
               type: response.headers.get('content-type'),
               cache: response.headers.get('cache-control') };

for (const key of set.keys) {
    const thumbprint = await jose.calculateJwkThumbprint(key);
    said.thumbprints = [...said.thumbprints ?? [], thumbprint];
    await jose.importJWK(key, key.alg);
}

for (const { token, typ, audience } of given.tokens) {
    try {
        const { payload, protectedHeader } = await jose.jwtVerify(
            token, keys, { issuer: given.issuer, audience, typ,
                           algorithms: ['ES256', 'EdDSA'] });
        said.tokens.push({ ok: true, kid: protectedHeader.kid,
                           alg: protectedHeader.alg, claims: payload });
    } catch (error) {
        said.tokens.push({ ok: false, why: error.message });
    }
}

console.log(JSON.stringify(said));
