// A real browser reports a job, in the window of a small phone, light and dark,
// without script: given {origin, job, shots}, a line each: {ok, name, why}.

import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { origin, job, shots } = JSON.parse(process.env.RB_PEER);

function ok(value, name, why) {
    process.stdout.write(`${JSON.stringify({
        ok: Boolean(value), name, why: value ? undefined : String(why) })}\n`);
}

// Runs in the page: what a finger can't press (WCAG 2.2, 2.5.8), what is wider
// than the window.

function look() {
    return {
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        tiny: [...document.querySelectorAll('button, textarea, label.choice, nav a')]
            .filter((e) => e.offsetHeight < 24 || e.offsetWidth < 24)
            .map((e) => e.textContent.trim()),
    };
}

const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium', args: ['--no-sandbox'],
});

if (shots) {
    mkdirSync(shots, { recursive: true });
}

for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
        viewport: { width: 320, height: 800 }, colorScheme, javaScriptEnabled: false,
    });
    const page = await context.newPage();

    async function seen(what) {
        const { wide, tiny } = await page.evaluate(look);
        ok(wide <= 0, `${what}, ${colorScheme}: nothing is wider than the window`, `${wide}px`);
        ok(tiny.length === 0, `${what}, ${colorScheme}: all can be pressed`, tiny.join('; '));

        if (shots) {
            await page.screenshot({ path: `${shots}/report-${what}-${colorScheme}.png`, fullPage: true });
        }
    }

    await page.goto(`${origin}/jobs/${job}`);
    await page.getByRole('link', { name: '이 공고 신고하기' }).click();
    await seen('form');

    await page.getByRole('button', { name: '신고 보내기' }).click();
    ok(new URL(page.url()).pathname.endsWith('/report'), `${colorScheme}: a reason is asked for`, page.url());

    await page.getByRole('radio', { name: '기타' }).check();
    await page.getByRole('button', { name: '신고 보내기' }).click();
    ok(await page.getByText('내용을 적어 주세요').first().isVisible(), `${colorScheme}: and what it is`, page.url());
    ok(await page.locator('textarea').evaluate((e) => e === document.activeElement),
        `${colorScheme}: where one is to write`, '');
    await seen('wrong');

    await page.getByRole('textbox', { name: '무슨 일이 있었나요?' }).fill('첫 줄\n둘째 줄');
    await page.getByRole('button', { name: '신고 보내기' }).click();

    // by one address, once a day
    const first = colorScheme === 'light';
    ok(await page.getByText(first ? '신고를 받았습니다' : '이미 신고하셨어요').first().isVisible(),
        `${colorScheme}: it was taken today`, page.url());
    await seen(first ? 'done' : 'again');

    await page.getByRole('link', { name: '공고로 돌아가기' }).click();
    ok(page.url() === `${origin}/jobs/${job}`, `${colorScheme}: and back to the job`, page.url());

    await context.close();
}

await browser.close();
