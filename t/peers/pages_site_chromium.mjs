// A real browser looks at the public pages:
//
// Given {origin, job, ended, resort, region, shots}, it goes through all of
// them in windows of a small phone and of a desk, light and dark, without
// script, and says what it has found a line each: {ok, name, why}.

import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { origin, job, ended, resort, region, shots } = JSON.parse(process.env.RB_PEER);

function ok(value, name, why) {
    process.stdout.write(`${JSON.stringify({
        ok: Boolean(value), name, why: value ? undefined : String(why) })}\n`);
}

const paths = {
    home: '/', jobs: '/jobs', 'jobs-filtered': `/jobs?region=${region}&dormitory=true&pay_min=11000`,
    none: '/jobs?pay_min=9999999', job: `/jobs/${job}`, ended: `/jobs/${ended}`,
    resorts: '/resorts', resort: `/resorts/${resort}`, 'home-en': '/en', 'jobs-en': '/en/jobs',
    'job-en': `/en/jobs/${job}`, 'resort-en': `/en/resorts/${resort}`,
};

const windows = [
    ['phone', 320, 'light'], ['phone-dark', 320, 'dark'],
    ['desk', 1280, 'light'], ['desk-dark', 1280, 'dark'],
];


// Runs in the page: texts whose contrast to their ground is below WCAG's AA.

function faint() {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

    function rgb(color) {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    }

    function luminance([r, g, b]) {
        const [x, y, z] = [r, g, b].map((c) => {
            const s = c / 255;
            return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    }

    function ground(element) {
        for (let e = element; e; e = e.parentElement) {
            const color = rgb(getComputedStyle(e).backgroundColor);
            if (color[3] === 255) {
                return color;
            }
        }
        return [255, 255, 255, 255];
    }

    const found = new Set();

    for (const element of document.body.querySelectorAll('*')) {
        const text = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        const style = getComputedStyle(element);

        if (!text || style.visibility === 'hidden' || element.offsetWidth <= 1) {
            continue;
        }

        const [a, b] = [luminance(rgb(style.color)), luminance(ground(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);

        if (contrast < (large ? 3 : 4.5)) {
            found.add(`${element.tagName}.${element.className}: ${contrast.toFixed(2)}`);
        }
    }

    return [...found];
}


// What can be pressed must be big enough to be (WCAG 2.2, 2.5.8), but for links
// within a text.

function tiny() {
    return [...document.querySelectorAll('button, select, input, .chips a, nav a, .more a')]
        .filter((e) => e.offsetWidth && (e.offsetHeight < 24 || e.offsetWidth < 24))
        .map((e) => `${e.tagName} ${e.textContent.trim()} ${e.offsetWidth}x${e.offsetHeight}`);
}


const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium', args: ['--no-sandbox'],
});

if (shots) {
    mkdirSync(shots, { recursive: true });
}

for (const [name, width, colorScheme] of windows) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const page = await context.newPage();
    const said = [];

    page.on('console', (m) => said.push(m.text()));
    page.on('pageerror', (e) => said.push(e.message));
    page.on('requestfailed', (r) => {
        const { errorText } = r.failure();

        // the last page's icon may be on its way still when the next is gone to
        if (errorText !== 'net::ERR_ABORTED') {
            said.push(`${r.url()} failed: ${errorText}`);
        }
    });

    for (const [what, path] of Object.entries(paths)) {
        said.length = 0;
        await page.goto(origin + path);

        const wide = await page.evaluate(() =>
            document.documentElement.scrollWidth - document.documentElement.clientWidth);
        ok(wide <= 0, `${what}, ${name}: nothing is wider than the window`, `${wide}px`);

        const pale = await page.evaluate(faint);
        ok(pale.length === 0, `${what}, ${name}: all can be read`, pale.join('; '));

        const small = await page.evaluate(tiny);
        ok(small.length === 0, `${what}, ${name}: all can be pressed`, small.join('; '));

        // an ended job is a 410, which the console tells as an error
        const bad = said.filter((s) => !(what === 'ended' && /410/.test(s)));
        ok(bad.length === 0, `${what}, ${name}: nothing complains`, bad.join('; '));

        if (shots) {
            await page.screenshot({ path: `${shots}/${what}-${name}.png`, fullPage: true });
        }
    }

    await context.close();
}


// ---- without script, with the keyboard

const context = await browser.newContext({
    viewport: { width: 320, height: 800 }, javaScriptEnabled: false,
});
const page = await context.newPage();

await page.goto(`${origin}/`);
await page.keyboard.press('Tab');
const skip = page.locator('.skip');
ok((await skip.boundingBox()).x >= 0, 'the first thing the keyboard comes to is seen', '');

await page.selectOption('#f-region', region);
await page.check('#f-dormitory');
await page.click('.hero button');
await page.waitForURL(/\/jobs\?/);

const url = new URL(page.url());
ok(url.searchParams.get('region') === region && url.searchParams.get('dormitory') === 'true',
   'the form leads to the list with its filters', url);
ok(await page.locator('#f-region').inputValue() === region, 'which shows them', '');
ok(await page.locator('#f-dormitory').isChecked(), 'the box, too', '');
const cards = await page.locator('.card.job').count();
ok(cards > 0 && cards === await page.locator('.card.job .bed').count(), 'and keeps to them', cards);

await page.click('.chips.active a >> nth=0');
ok(!page.url().includes('region='), 'a filter is taken off by its chip', page.url());

await page.click('a[rel=next]');
ok(page.url().includes('cursor='), 'on to the next page', page.url());
await page.click('a[rel=prev]');
ok(!page.url().includes('cursor='), 'and back', page.url());

const title = await page.locator('.card.job h3').first().innerText();
await page.locator('.card.job').first().click({ position: { x: 20, y: 90 } });
ok((await page.locator('h1').innerText()) === title, 'all of a card leads to its job', title);

await page.click('.go');
ok(page.url().endsWith('#apply'), 'and from there to how to apply', page.url());
const box = await page.locator('#apply').boundingBox();
ok(box.y >= -1 && box.y < 800, 'which is in sight', JSON.stringify(box));

await page.click('nav a[hreflang=en]');
ok(page.url().includes('/en/jobs/'), 'the same in English', page.url());
ok(await page.locator('html').getAttribute('lang') === 'en', 'which it is', '');

await browser.close();
