// Kakao, Naver and an OpenID provider that lies as it is told, in the shapes
// that their documentation has:
//
//   node social_peer.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_BASE
//
// It says "ready" when it listens.  A test makes up the code that the browser
// comes back with: base64url of JSON that says what is to be answered for it.
// REDIRECT_BASE is what redirect_uri has to begin with.
//
//   { "id": 7, "account": {…} }              of Kakao
//   { "response": {…}, "resultcode": "00" }  of Naver
//   { "claims": {…}, "header": {…}, "key": "known" | "unknown" | "secret" |
//     "none", "userinfo": {…} }              of the OpenID provider
//   { "status": 500 }, { "hang": true }, { "garbage": true },
//   { "error": "invalid_grant" }             of each, at the token endpoint
//   { "userinfo_status": 401 }               of each, at userinfo
//
// GET /count/PATH tells how often a path was asked for; POST /rotate puts a
// new key in the place of the OpenID provider's.

import http from 'node:http';
import { createHash, createHmac, generateKeyPairSync, sign }
    from 'node:crypto';

const [port, clientId, clientSecret, redirectBase] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}/oidc`;

const counts = {};
let keyNumber = 0;
let signer = newKey();


function newKey() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { ...pair, kid: `key-${++keyNumber}` };
}


function base64url(data) {
    return Buffer.from(data).toString('base64url');
}


function idToken(plan) {
    const other = plan.key === 'unknown' ? newKey() : signer;
    const alg = { secret: 'HS256', none: 'none' }[plan.key] ?? 'ES256';
    const now = Math.floor(Date.now() / 1000);

    const head = base64url(JSON.stringify(
        { alg, kid: signer.kid, typ: 'JWT', ...plan.header }));
    const body = base64url(JSON.stringify(
        { iss: issuer, aud: clientId, sub: 'somebody', iat: now,
          exp: now + 300, ...plan.claims }));
    const text = `${head}.${body}`;

    if (plan.key === 'none') {
        return `${text}.`;
    }

    if (plan.key === 'secret') {
        return `${text}.` + createHmac('sha256', clientSecret).update(text)
            .digest('base64url');
    }

    return `${text}.` + base64url(sign('sha256', Buffer.from(text),
        { key: other.privateKey, dsaEncoding: 'ieee-p1363' }));
}


function answer(res, status, body) {
    res.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' });
    res.end(JSON.stringify(body));
}


// What is wrong with a request for a token; undefined: nothing.

function tokenFault(kind, req, form) {
    if (req.method !== 'POST') return 'method';
    if (form.get('grant_type') !== 'authorization_code') return 'grant_type';

    if (!form.get('redirect_uri')?.startsWith(redirectBase)) {
        return 'redirect_uri';
    }

    if (kind === 'oidc') {
        const basic = 'Basic ' + Buffer.from(
            `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)
            .toString('base64');
        if (req.headers.authorization !== basic) return 'client';

    } else if (form.get('client_id') !== clientId
               || form.get('client_secret') !== clientSecret) {
        return 'client';
    }

    if (kind === 'naver') {
        return form.get('state') ? undefined : 'state';
    }

    return form.get('code_verifier')?.length >= 43 ? undefined : 'verifier';
}


// Kakao's, Naver's and RFC 6749's ways to refuse.

function refuse(kind, res, error) {
    if (kind === 'naver') {
        return answer(res, 200, { error, error_description: 'no valid data' });
    }

    return answer(res, 400, { error, error_description: 'no valid data',
        ...(kind === 'kakao' ? { error_code: 'KOE320' } : {}) });
}


function token(kind, req, res, form) {
    let plan;

    try {
        plan = JSON.parse(Buffer.from(form.get('code'), 'base64url'));
    } catch {
        return refuse(kind, res, 'invalid_grant');
    }

    const fault = tokenFault(kind, req, form);
    if (fault) return refuse(kind, res, `invalid_${fault}`);
    if (plan.hang) return;
    if (plan.error) return refuse(kind, res, plan.error);
    if (plan.status) return answer(res, plan.status, { error: 'server_error' });

    if (plan.garbage) {
        res.writeHead(200, { 'content-type': 'text/html' });
        return res.end('<html>maintenance</html>');
    }

    if (plan.verifier_is) {
        const digest = createHash('sha256').update(form.get('code_verifier'))
            .digest('base64url');
        if (digest !== plan.verifier_is) {
            return refuse(kind, res, 'invalid_grant');
        }
    }

    answer(res, 200, {
        access_token: form.get('code'),
        token_type: kind === 'oidc' ? 'Bearer' : 'bearer',
        expires_in: kind === 'naver' ? '3600' : 21599,
        ...(kind === 'oidc' && !plan.no_id_token
            ? { id_token: idToken(plan) } : {}),
    });
}


function userinfo(kind, req, res) {
    const bearer = req.headers.authorization?.match(/^Bearer (\S+)$/)?.[1];

    if (!bearer) return answer(res, 401, { msg: 'no token', code: -401 });

    const plan = JSON.parse(Buffer.from(bearer, 'base64url'));

    if (plan.userinfo_status) {
        return answer(res, plan.userinfo_status, kind === 'naver'
            ? { resultcode: '024', message: 'Authentication failed' }
            : { msg: 'this access token does not exist', code: -401 });
    }

    if (kind === 'kakao') {
        return answer(res, 200, {
            ...('id' in plan ? { id: plan.id } : {}),
            connected_at: '2026-11-01T00:00:00Z',
            ...(plan.account ? { kakao_account: plan.account } : {}),
        });
    }

    if (kind === 'naver') {
        return answer(res, 200, {
            resultcode: plan.resultcode ?? '00', message: 'success',
            ...(plan.response ? { response: plan.response } : {}),
        });
    }

    return answer(res, 200, plan.userinfo ?? { sub: plan.claims?.sub });
}


function oidc(path, req, res) {
    if (path === '/.well-known/openid-configuration') {
        return answer(res, 200, {
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            userinfo_endpoint: `${issuer}/userinfo`,
            jwks_uri: `${issuer}/jwks`,
        });
    }

    if (path === '/jwks') {
        return answer(res, 200, { keys: [{
            ...signer.publicKey.export({ format: 'jwk' }), use: 'sig',
            alg: 'ES256', kid: signer.kid,
        }] });
    }

    return answer(res, 404, {});
}


const server = http.createServer((req, res) => {
    const url = new URL(req.url, 'http://peer');
    let body = '';

    req.setEncoding('utf8');
    req.on('data', (piece) => { body += piece; });
    req.on('end', () => {
        const [, kind, ...rest] = url.pathname.split('/');
        const path = `/${rest.join('/')}`;

        if (kind === 'count') {
            return answer(res, 200, { count: counts[path] ?? 0 });
        }

        counts[url.pathname] = (counts[url.pathname] ?? 0) + 1;

        if (kind === 'rotate') {
            signer = newKey();
            return answer(res, 200, {});
        }

        if (path === '/token') {
            return token(kind, req, res, new URLSearchParams(body));
        }

        if (path === '/userinfo') return userinfo(kind, req, res);

        return kind === 'oidc' ? oidc(path, req, res) : answer(res, 404, {});
    });
});

server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
