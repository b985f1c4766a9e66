// oauth4webapi as a client, and as a resource server that takes our access
// tokens (RFC 9068).

import * as oauth from 'oauth4webapi';
import { Browser, given, ok, is, test, thrown } from './browser.mjs';

const issuer = new URL(given.issuer);
const http = { [oauth.allowInsecureRequests]: true };
const redirect_uri = 'http://127.0.0.1:9/cb';
const scope = 'openid profile offline_access read';
const browser = new Browser(given.issuer, given.cookies);

const as = await oauth.processDiscoveryResponse(
    issuer, await oauth.discoveryRequest(issuer, http));


await test('metadata', async () => {
    const other = await oauth.processDiscoveryResponse(
        issuer, await oauth.discoveryRequest(
            issuer, { ...http, algorithm: 'oauth2' }));

    is(other, as, 'metadata: the same by RFC 8414');
    is(as.code_challenge_methods_supported, ['S256'], 'metadata: S256 alone');
    is(as.response_types_supported, ['code'], 'metadata: code alone');
    is(as.authorization_response_iss_parameter_supported, true,
       'metadata: iss in the response');
});


async function code(client, auth, options = {}) {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();

    const parameters = new URLSearchParams({
        client_id: client.client_id, redirect_uri, response_type: 'code',
        scope, state, nonce, code_challenge_method: 'S256',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        ...options.more,
    });

    let url = new URL(as.authorization_endpoint);

    if (options.par) {
        const pushed = await oauth.processPushedAuthorizationResponse(
            as, client, await oauth.pushedAuthorizationRequest(
                as, client, auth, parameters, { ...http, ...options }));

        is(pushed.expires_in, 60, `${options.name}: a request is pushed`);
        url.searchParams.set('client_id', client.client_id);
        url.searchParams.set('request_uri', pushed.request_uri);

    } else {
        url.search = parameters;
    }

    const back = await browser.authorize(url);
    const checked = oauth.validateAuthResponse(as, client, back, state);

    const response = await oauth.authorizationCodeGrantRequest(
        as, client, auth, checked, redirect_uri, verifier,
        { ...http, ...options });

    const tokens = await oauth.processAuthorizationCodeResponse(
        as, client, response, { expectedNonce: nonce, requireIdToken: true });

    await oauth.validateApplicationLevelSignature(as, response, http);

    return tokens;
}


async function refresh(client, auth, token, options = {}) {
    return oauth.processRefreshTokenResponse(
        as, client, await oauth.refreshTokenGrantRequest(
            as, client, auth, token, { ...http, ...options }));
}


const app = { client_id: 'app' };
const web = { client_id: 'web' };
const pushing = { client_id: 'pushing' };
const signed = { client_id: 'signed' };

const none = oauth.None();
const basic = oauth.ClientSecretBasic(given.secrets.web);


await test('code', async () => {
    const tokens = await code(app, none, { name: 'code' });
    const claims = oauth.getValidatedIdTokenClaims(tokens);

    is(claims.sub, given.member, 'code: the member');
    is(claims.azp, 'app', 'code: the client');
    ok(claims.at_hash, 'code: the ID token knows its access token');

    const user = await oauth.processUserInfoResponse(
        as, app, given.member,
        await oauth.userInfoRequest(as, app, tokens.access_token, http));
    ok(user.name, 'code: userinfo');
    is(user.email, undefined, 'code: no address without its scope');

    const next = await refresh(app, none, tokens.refresh_token);
    ok(next.refresh_token !== tokens.refresh_token, 'code: refresh');

    const answer = await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, app, none, next.refresh_token,
                                      http));
    is(answer, undefined, 'code: revocation');

    const error = await thrown(refresh(app, none, next.refresh_token));
    is([error?.error, error?.status], ['invalid_grant', 400],
       'code: after which it is refused');
});


await test('resource server', async () => {
    const tokens = await code(web, basic, { name: 'resource server' });

    const request = new Request('https://resource.example/', {
        headers: { authorization: `Bearer ${tokens.access_token}` } });

    const claims = await oauth.validateJwtAccessToken(
        as, request, given.issuer, http);

    is(claims.client_id, 'web', 'resource server: the client');
    is(claims.sub, given.member, 'resource server: the member');
    is(claims.scope, 'openid profile offline_access read',
       'resource server: the scopes');
    ok(claims.jti && claims.sid && claims.auth_time,
       'resource server: and all the rest');

    const told = await oauth.processIntrospectionResponse(
        as, web, await oauth.introspectionRequest(
            as, web, basic, tokens.access_token, http));
    is([told.active, told.token_type, told.jti],
       [true, 'Bearer', claims.jti], 'resource server: introspection');

    const hidden = await oauth.processIntrospectionResponse(
        as, web, await oauth.introspectionRequest(
            as, web, basic, given.member, http));
    is(hidden, { active: false }, 'resource server: of no token');
});


await test('client credentials', async () => {
    const key = await crypto.subtle.importKey(
        'jwk', given.private_jwk, { name: 'ECDSA', namedCurve: 'P-256' },
        false, ['sign']);

    const auth = oauth.PrivateKeyJwt({ key, kid: given.private_jwk.kid });

    const tokens = await oauth.processClientCredentialsResponse(
        as, signed, await oauth.clientCredentialsGrantRequest(
            as, signed, auth, { scope: 'read write' }, http));

    is([tokens.scope, tokens.token_type, tokens.refresh_token],
       ['read write', 'bearer', undefined], 'client credentials: a token');

    const claims = await oauth.validateJwtAccessToken(
        as, new Request('https://resource.example/', { headers: {
            authorization: `Bearer ${tokens.access_token}` } }),
        given.issuer, http);
    is([claims.sub, claims.auth_time], ['signed', undefined],
       'client credentials: of the client itself');

    const error = await thrown((async () =>
        oauth.processClientCredentialsResponse(
            as, web, await oauth.clientCredentialsGrantRequest(
                as, web, oauth.ClientSecretBasic('wrong'), {}, http)))());
    is(error?.cause?.[0]?.scheme ?? error?.cause?.error, 'basic',
       'client credentials: a wrong secret is challenged');
});


await test('DPoP', async () => {
    const keys = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP(app, keys);

    const tokens = await code(app, none, { name: 'DPoP', DPoP });
    is(tokens.token_type, 'dpop', 'DPoP: bound');

    const user = await oauth.userInfoRequest(
        as, app, tokens.access_token, { ...http, DPoP });
    is(user.status, 200, 'DPoP: with a proof');

    const stolen = await fetch(as.userinfo_endpoint, { headers: {
        authorization: `Bearer ${tokens.access_token}` } });
    is(stolen.status, 401, 'DPoP: a stolen token is no good');
    ok(/^(DPoP|Bearer)/.test(stolen.headers.get('www-authenticate')),
       'DPoP: and says so');

    const next = await refresh(app, none, tokens.refresh_token, { DPoP });
    is(next.token_type, 'dpop', 'DPoP: refresh');

    const other = oauth.DPoP(app, await oauth.generateKeyPair('Ed25519'));
    const error = await thrown(
        refresh(app, none, next.refresh_token, { DPoP: other }));
    is(error?.error, 'invalid_grant', 'DPoP: not by another key');
});


await test('PAR', async () => {
    const DPoP = oauth.DPoP(pushing, await oauth.generateKeyPair('EdDSA'));
    const tokens = await code(pushing, none,
                              { name: 'PAR', par: true, DPoP });
    is(tokens.token_type, 'dpop', 'PAR: code');

    await code(web, basic, { name: 'PAR with a secret', par: true });
});


await test('device', async () => {
    const begun = await oauth.processDeviceAuthorizationResponse(
        as, web, await oauth.deviceAuthorizationRequest(
            as, web, basic, { scope: 'openid read' }, http));

    is(begun.verification_uri, `${given.issuer}/device`,
       'device: where to go');

    const poll = async () => oauth.processDeviceCodeResponse(
        as, web, await oauth.deviceCodeGrantRequest(
            as, web, basic, begun.device_code, http));

    is((await thrown(poll()))?.error, 'authorization_pending',
       'device: pending');
    is((await thrown(poll()))?.error, 'slow_down', 'device: slow down');

    await browser.device(begun.verification_uri_complete);
    await new Promise((done) => setTimeout(done, 10_500));

    const tokens = await poll();
    is(oauth.getValidatedIdTokenClaims(tokens).sub, given.member,
       'device: tokens');

    const error = await thrown(poll());
    is(error?.error, 'invalid_grant', 'device: once');
});
