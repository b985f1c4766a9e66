// An OpenID provider made with oidc-provider, for signing in elsewhere:
//
//   node oidc_provider.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI
//
// It says "ready" when it listens.  Whoever logs in by the name `x` is
// x@example.net, verified; with `unverified-` in front the address isn't, with
// `silent-` there is none.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, clientId, clientSecret, redirectUri] = process.argv.slice(2);

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
    }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig',
                     alg: 'RS256', kid: 'first' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'],
              profile: ['name'] },
    routes: { userinfo: '/userinfo' },
    pkce: { required: () => true },
    findAccount: async (ctx, id) => ({
        accountId: id,
        claims: async () => ({
            sub: id,
            name: `Name of ${id}`,
            ...(id.startsWith('silent-') ? {} : {
                email: `${id}@example.net`,
                email_verified: !id.startsWith('unverified-'),
            }),
        }),
    }),
});

provider.on('server_error', (ctx, error) => console.error(error));

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
