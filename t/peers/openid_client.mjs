// openid-client (certified by the OpenID Foundation) as a relying party.

import * as client from 'openid-client';
import { generateKeyPair, exportJWK } from 'jose';
import { Browser, given, ok, is, test, thrown } from './browser.mjs';

const issuer = given.issuer;
const insecure = { execute: [client.allowInsecureRequests] };
const redirect_uri = 'http://127.0.0.1:9/cb';
const scope = 'openid profile email offline_access read';
const browser = new Browser(issuer, given.cookies);


async function discover(id, metadata, auth) {
    return client.discovery(new URL(issuer), id, metadata, auth, insecure);
}


async function code(config, more = {}, options = {}) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const expectedState = client.randomState();
    const expectedNonce = client.randomNonce();

    const parameters = {
        redirect_uri, scope, state: expectedState, nonce: expectedNonce,
        code_challenge:
            await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256', ...more,
    };

    const url = options.par
        ? await client.buildAuthorizationUrlWithPAR(config, parameters,
                                                    options)
        : client.buildAuthorizationUrl(config, parameters);

    const back = await browser.authorize(url);

    return client.authorizationCodeGrant(config, back, {
        pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true,
        ...(more.max_age === undefined ? {} : { maxAge: more.max_age }),
    }, {}, options);
}


const app = await discover('app', undefined, client.None());
const web = await discover('web', undefined,
                           client.ClientSecretBasic(given.secrets.web));
const form = await discover('form', undefined,
                            client.ClientSecretPost(given.secrets.form));

let tokens;

await test('code', async () => {
    tokens = await code(app);

    ok(tokens.access_token, 'code: an access token');
    is(tokens.token_type, 'bearer', 'code: of type Bearer');
    is(tokens.expires_in, 600, 'code: for ten minutes');
    ok(tokens.refresh_token, 'code: a refresh token');

    const claims = tokens.claims();
    is(claims.sub, given.member, 'code: the ID token is about the member');
    is(claims.aud, 'app', 'code: for the client');
    is(claims.acr, '1', 'code: by one factor');
    is(claims.amr, ['pwd'], 'code: a password');
});

await test('userinfo', async () => {
    const user = await client.fetchUserInfo(app, tokens.access_token,
                                            given.member);

    is(user.email, 'crew1@example.com', 'userinfo: the address');
    is(user.email_verified, true, 'userinfo: which is verified');
    ok(user.name, 'userinfo: a name');
    is(user.locale, 'ko', 'userinfo: a language');
    ok(user.updated_at > 1e9, 'userinfo: a time');
});

await test('refresh', async () => {
    const next = await client.refreshTokenGrant(app, tokens.refresh_token);

    ok(next.refresh_token !== tokens.refresh_token,
       'refresh: another refresh token');
    is(next.claims().sub, given.member, 'refresh: the same member');
    is(next.claims().auth_time, tokens.claims().auth_time,
       'refresh: the same log-in');
    is(next.claims().nonce, undefined, 'refresh: no nonce');

    const again = await client.refreshTokenGrant(app, tokens.refresh_token);
    is(again.refresh_token, next.refresh_token,
       'refresh: the same one again');

    tokens = next;
});

await test('max_age', async () => {
    const aged = await code(app, { max_age: 3600 });
    ok(aged.claims().auth_time > 0, 'max_age: auth_time is told');
});

await test('revocation', async () => {
    await client.tokenRevocation(app, tokens.refresh_token);

    const error = await thrown(
        client.refreshTokenGrant(app, tokens.refresh_token));
    is(error?.error, 'invalid_grant', 'revocation: refreshing ends');

    const refused = await thrown(
        client.fetchUserInfo(app, tokens.access_token, given.member));
    is(refused?.status ?? refused?.cause?.[0]?.parameters?.error, 401,
       'revocation: the access token, too');
});

for (const [name, config] of [['client_secret_basic', web],
                              ['client_secret_post', form]]) {
    await test(name, async () => {
        const got = await code(config);
        ok(got.id_token, `${name}: code`);

        const told = await client.tokenIntrospection(config,
                                                     got.access_token);
        is(told.active, true, `${name}: introspection says active`);
        is(told.sub, given.member, `${name}: and of whom`);
        is(told.client_id, config.clientMetadata().client_id,
           `${name}: and for whom`);

        const own = await client.clientCredentialsGrant(config,
                                                        { scope: 'read' });
        ok(own.access_token, `${name}: client credentials`);
        is(own.scope, 'read', `${name}: with their scope`);
        is(own.refresh_token, undefined, `${name}: no refresh token`);
    });
}

await test('private_key_jwt', async () => {
    const key = await crypto.subtle.importKey(
        'jwk', given.private_jwk, { name: 'ECDSA', namedCurve: 'P-256' },
        false, ['sign']);
    const signed = await discover(
        'signed', undefined,
        client.PrivateKeyJwt({ key, kid: given.private_jwk.kid }));

    ok((await code(signed)).id_token, 'private_key_jwt: code');
    ok((await client.clientCredentialsGrant(signed)).access_token,
       'private_key_jwt: client credentials');
});

await test('PAR', async () => {
    const pushing = await discover('pushing', undefined, client.None());
    const got = await code(pushing, {}, { par: true });
    is(got.claims().sub, given.member, 'PAR: code');
    is((await code(pushing, {}, { par: true })).claims().sub, given.member,
       'PAR: again, with consent given before');

    const bare = await browser.authorize(client.buildAuthorizationUrl(
        pushing, { redirect_uri, scope: 'openid' }));
    is(bare.searchParams.get('error'), 'invalid_request',
       'PAR: not without it');
});

await test('DPoP', async () => {
    const DPoP = client.getDPoPHandle(
        app, await client.randomDPoPKeyPair('ES256'));
    const other = client.getDPoPHandle(
        app, await client.randomDPoPKeyPair('EdDSA'));

    const got = await code(app, {}, { DPoP });
    is(got.token_type, 'dpop', 'DPoP: the token is bound');

    const user = await client.fetchUserInfo(app, got.access_token,
                                            given.member, { DPoP });
    is(user.sub, given.member, 'DPoP: with a proof it is good');

    const bearer = await thrown(client.fetchUserInfo(
        app, got.access_token, given.member));
    ok(bearer, 'DPoP: without one it is not');

    const wrong = await thrown(client.refreshTokenGrant(
        app, got.refresh_token, {}, { DPoP: other }));
    is(wrong?.error, 'invalid_grant', 'DPoP: no refresh by another key');

    const next = await client.refreshTokenGrant(
        app, got.refresh_token, {}, { DPoP });
    is(next.token_type, 'dpop', 'DPoP: by its own');

    const pushed = await code(app, {}, { DPoP, par: true });
    is(pushed.token_type, 'dpop', 'DPoP: with PAR');
});

await test('device', async () => {
    const begun = await client.initiateDeviceAuthorization(
        app, { scope: 'openid profile offline_access' });

    ok(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/
       .test(begun.user_code), 'device: a code to be typed');
    is(begun.expires_in, 600, 'device: for ten minutes');

    const polling = client.pollDeviceAuthorizationGrant(app, begun);
    const page = await browser.device(begun.verification_uri_complete);
    ok(!/<form/.test(page.replace(/<header>.*?<\/header>/s, '')),
       'device: the member has allowed it');

    const got = await polling;
    is(got.claims().sub, given.member, 'device: tokens of the member');
    ok((await client.refreshTokenGrant(app, got.refresh_token)).access_token,
       'device: which refresh');
});

await test('logout', async () => {
    const got = await code(web);
    const url = client.buildEndSessionUrl(web, {
        id_token_hint: got.id_token, state: 'bye',
        post_logout_redirect_uri: 'http://127.0.0.1:9/bye',
    });

    const back = await browser.go(url);
    is(String(back), 'http://127.0.0.1:9/bye?state=bye',
       'logout: back to the client');
    is(browser.cookies['__Host-rb_session'], undefined,
       'logout: without the cookie');
});
