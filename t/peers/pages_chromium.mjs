// A real browser goes through the pages:
//
//   node pages_chromium.mjs ORIGIN [SHOTS]
//
// SHOTS, if given, is a folder for pictures of all pages.  It talks with the
// test by lines of JSON: what it has found ({ok, name, why}), and what it
// wants to know ({ask, …}), which is answered by a line.

import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const [origin, shots] = process.argv.slice(2);

const answers = readline.createInterface({ input: process.stdin })
    [Symbol.asyncIterator]();

const PASSWORD = 'seven snowy mountains';
const EMAIL = 'chromium@example.com';


function say(message) {
    process.stdout.write(`${JSON.stringify(message)}\n`);
}


function ok(value, name, why) {
    say({ ok: Boolean(value), name, why: value ? undefined : String(why) });
}


async function ask(message) {
    say(message);
    return JSON.parse((await answers.next()).value);
}


// ---- authenticators

function base32(text) {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    let bits = '';

    for (const c of text.replace(/[^A-Z2-7]/g, '')) {
        bits += letters.indexOf(c).toString(2).padStart(5, '0');
    }

    return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}


// RFC 6238; `later' steps from now.

function totp(secret, later = 0) {
    const counter = Buffer.alloc(8);

    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + later));

    const mac = createHmac('sha1', base32(secret)).update(counter).digest();
    const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;

    return String(number % 1000000).padStart(6, '0');
}


// ---- what holds for every page

const complaints = [];


function listen(page) {
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())
            && !/status of 4\d\d|DevTools/.test(message.text()))
        {
            complaints.push(`${page.url()}: ${message.text()}`);
        }
    });
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
}


function look() {
    const faults = [];
    const visible = (e) => e.getClientRects().length > 0;

    if (document.documentElement.scrollWidth > window.innerWidth) {
        const wide = [...document.querySelectorAll('body *')]
            .filter((e) => e.getBoundingClientRect().right > window.innerWidth)
            .map((e) => e.outerHTML.slice(0, 80));
        faults.push(`wider than ${window.innerWidth}: ${wide[0]}`);
    }

    for (const field of document.querySelectorAll('input, select, textarea')) {
        if (field.type === 'hidden' || !visible(field)) continue;

        if (![...field.labels].some((l) => l.textContent.trim())) {
            faults.push(`no label: ${field.outerHTML.slice(0, 100)}`);
        }

        for (const name of ['aria-describedby', 'aria-errormessage']) {
            for (const id of (field.getAttribute(name) ?? '').split(' ')) {
                if (id && !document.getElementById(id)) {
                    faults.push(`${name} leads nowhere: ${id}`);
                }
            }
        }
    }

    for (const button of document.querySelectorAll('button, a[href]')) {
        if (visible(button) && !button.textContent.trim()
            && !button.getAttribute('aria-label'))
        {
            faults.push(`says nothing: ${button.outerHTML.slice(0, 100)}`);
        }
    }

    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);

    if (twice.length) faults.push(`ids twice: ${twice}`);
    if (!document.documentElement.lang) faults.push('no lang');
    if (!document.title.trim()) faults.push('no title');

    if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
    if (!document.querySelector('main')) faults.push('no main');

    for (const svg of document.querySelectorAll('svg')) {
        if (!svg.querySelector('title') && !svg.getAttribute('aria-hidden')) {
            faults.push('an svg without a title');
        }
    }

    return faults;
}


let pictures = 0;


async function looksRight(page, name) {
    const faults = [];

    for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        faults.push(...await page.evaluate(look));

        if (shots) {
            const number = String(++pictures).padStart(2, '0');
            await page.screenshot({ fullPage: true,
                path: `${shots}/${number}-${name.replace(/\W+/g, '-')}-${width}.png` });
        }
    }

    ok(faults.length === 0, `${name}: looks right`, faults.join('\n'));
}


// Shows the page in both languages.

async function inBoth(page, name) {
    await looksRight(page, `${name} ko`);

    const ko = await page.locator('main').innerText();

    ok(/[가-힣]/.test(ko), `${name}: Korean`, ko);
}


function at(page, where, name) {
    const url = new URL(page.url());

    ok(where instanceof RegExp ? where.test(url.pathname)
                               : url.pathname === where,
       name, page.url());
}


async function send(page, action) {
    await Promise.all([
        page.waitForNavigation({ waitUntil: 'load' }),
        page.locator(`form[action^="${action}"] button`).first().click(),
    ]);
}


// ---- the way through

const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
           '--no-first-run', '--disable-background-networking',
           '--disable-component-update', '--disable-sync'],
});

if (shots) mkdirSync(shots, { recursive: true });


async function newContext(locale = 'ko-KR') {
    const context = await browser.newContext({ locale });

    context.setDefaultTimeout(15000);

    return context;
}


async function signUp(page) {
    await page.goto(`${origin}/signup`);
    await inBoth(page, 'sign-up');

    await page.fill('input[name=email]', EMAIL);
    await page.fill('input[name=password]', 'short');
    await page.fill('input[name=display_name]', '눈송이');
    await page.fill('input[name=born_on]', '2001-02-03');
    await page.check('input[name=role][value=crew]');
    await page.check('input[name=terms]');
    await page.check('input[name=privacy]');
    await send(page, '/signup');
    await looksRight(page, 'sign-up refused');
    ok(await page.locator('[aria-invalid=true]').count() > 0,
       'a short password is told beside its field');
    ok(await page.inputValue('input[name=email]') === EMAIL,
       'what was typed is still there');

    await page.fill('input[name=password]', PASSWORD);
    await send(page, '/signup');
    await looksRight(page, 'sign-up sent');

    const { link } = await ask({ ask: 'mail', to: EMAIL });

    ok(link?.startsWith(`${origin}/verify-email?token=`), 'a mail with a link',
       link);
    await page.goto(link);
    await looksRight(page, 'verify e-mail');
    await send(page, '/verify-email');
    await looksRight(page, 'verified');
}


async function logIn(page) {
    await page.goto(`${origin}/login?next=/account`);
    await inBoth(page, 'log-in');
    await page.fill('input[name=email]', EMAIL);
    await page.fill('input[name=password]', 'not this one');
    await send(page, '/login');
    at(page, '/login', 'a wrong password leads nowhere');
    await looksRight(page, 'log-in refused');

    await page.fill('input[name=email]', EMAIL);
    await page.fill('input[name=password]', PASSWORD);
    await send(page, '/login');
}


async function setUpTotp(page) {
    await page.goto(`${origin}/account/security`);
    at(page, '/account/security', 'the page of security');
    await inBoth(page, 'security');
    await send(page, '/account/security/totp');
    at(page, '/account/security/totp', 'setting up an authenticator');
    await inBoth(page, 'authenticator');

    const secret = await page.locator('#secret').innerText();

    ok(await page.locator('svg title').count() === 1, 'a QR code with a title');

    await page.fill('input[name=code]', '000000');
    await send(page, '/account/security/totp/confirm');
    await looksRight(page, 'authenticator refused');
    ok(await page.locator('#secret').innerText() === secret,
       'a wrong code changes nothing');

    await page.fill('input[name=code]', totp(secret));
    await send(page, '/account/security/totp/confirm');
    await inBoth(page, 'recovery codes');

    const recovery = await page.locator('ol.codes li').allInnerTexts();

    ok(recovery.length === 10, 'ten recovery codes',
       await page.locator('main').innerText());

    return { secret, recovery };
}


async function logOut(page) {
    await page.goto(`${origin}/account`);
    await send(page, '/logout');
    await looksRight(page, 'logged out');
    await page.goto(`${origin}/account`);
    at(page, '/login', 'after logging out the account is behind a log-in');
}


async function secondFactor(page, secret) {
    await page.goto(`${origin}/login?next=/account`);
    await page.fill('input[name=email]', EMAIL);
    await page.fill('input[name=password]', PASSWORD);
    await send(page, '/login');
    at(page, '/login/second', 'the password alone is not enough');
    await inBoth(page, 'second step');

    // the step that was confirmed is used up: the next one is good already
    await page.fill('input[name=code]', totp(secret, 1));
    await send(page, '/login/second');
    at(page, '/account', 'with a code signed in');
}


async function passkey(context, page) {
    const cdp = await context.newCDPSession(page);

    await cdp.send('WebAuthn.enable');

    const { authenticatorId } = await cdp.send(
        'WebAuthn.addVirtualAuthenticator', { options: {
            protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
            hasUserVerification: true, isUserVerified: true,
            automaticPresenceSimulation: true } });

    await page.goto(`${origin}/account/security`);
    await page.fill('form[data-passkey] input[name=name]', '내 노트북');
    await send(page, '/account/security/passkeys');
    at(page, '/account/security', 'a passkey is added');
    ok((await page.locator('main').innerText()).includes('내 노트북'),
       'and listed by its name', await page.locator('main').innerText());
    await looksRight(page, 'security with a passkey');

    const { credentials } = await cdp.send('WebAuthn.getCredentials',
                                           { authenticatorId });
    ok(credentials.length === 1, 'the authenticator holds it');

    await page.locator('details summary').first().click();
    await page.fill('form[action$="/rename"] input[name=name]', '새 이름');
    await Promise.all([
        page.waitForNavigation(),
        page.locator('form[action$="/rename"] button').click(),
    ]);
    ok((await page.locator('main').innerText()).includes('새 이름'),
       'it can be renamed');

    await logOut(page);

    await page.goto(`${origin}/login?next=/account`);
    await Promise.all([
        page.waitForNavigation(),
        page.locator('form[data-passkey] button').click(),
    ]);
    at(page, '/account', 'the passkey alone signs in');
}


// Another browser signs in with a recovery code; this one signs it out.

async function everywhere(page, recovery) {
    const other = await newContext();
    const there = await other.newPage();

    listen(there);
    await there.goto(`${origin}/login?next=/account`);
    await there.fill('input[name=email]', EMAIL);
    await there.fill('input[name=password]', PASSWORD);
    await send(there, '/login');

    const form = there.locator('form:has(input[name=method][value=rcv])');

    await form.locator('input[name=code]').fill(recovery[0]);
    await Promise.all([there.waitForNavigation(),
                       form.locator('button').click()]);
    at(there, '/account', 'a recovery code signs in, too');

    await page.goto(`${origin}/account`);
    await inBoth(page, 'account with two browsers');
    ok(await page.locator('form[action="/account/sessions/end"]').count() === 1,
       'the other browser is listed', await page.locator('main').innerText());

    const second = await page.context().newPage();

    listen(second);
    await second.goto(`${origin}/account`);
    await send(page, '/account/sessions/end-all');
    await looksRight(page, 'signed out everywhere');
    ok(await page.locator('[role=status]').count() === 1, 'it says so');
    await there.reload();
    at(there, '/login', 'the other browser is signed out');
    await second.reload();
    at(second, '/account', 'a second tab of this one is not');

    await ask({ ask: 'end_all', member: EMAIL });
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    await second.reload();
    at(second, '/login', 'signed out from elsewhere, both tabs are');
    await page.goto(`${origin}/account`);
    at(page, '/login', 'at once');
    await other.close();
}


async function english() {
    const context = await newContext('en-US');
    const page = await context.newPage();

    listen(page);

    for (const where of ['/login', '/signup', '/forgot-password', '/device']) {
        const answer = await page.goto(`${origin}${where}`);
        ok(answer.status() === 200, `${where}: is there`, answer.status());
        await looksRight(page, `${where.slice(1)} en`);
        const text = await page.locator('main').innerText();
        ok(await page.getAttribute('html', 'lang') === 'en',
           `${where}: lang is en`, text);
    }

    await context.close();
}


try {
    const context = await newContext();
    const page = await context.newPage();

    listen(page);
    await english();
    await signUp(page);
    await logIn(page);
    at(page, '/account', 'signed in');
    await inBoth(page, 'account');

    const { secret, recovery } = await setUpTotp(page);

    await logOut(page);
    await secondFactor(page, secret);
    await passkey(context, page);
    await everywhere(page, recovery);

    ok(complaints.length === 0, 'the console is empty', complaints.join('\n'));
} catch (error) {
    ok(false, 'the way through', error.stack);
}

await browser.close();
say({ done: true });
process.exit(0);
