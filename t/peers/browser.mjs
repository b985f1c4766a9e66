// A browser without a script, for the peers: cookies, redirections within the
// site, forms.  And what the test scripts say to t/lib/ResortBite/Peers.pm.

export const given = JSON.parse(process.env.RB_PEER ?? '{}');


export function ok(condition, name, why) {
    console.log(JSON.stringify({ ok: !!condition, name, why }));
}


export function is(got, expected, name) {
    ok(JSON.stringify(got) === JSON.stringify(expected), name,
       `got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}


// Runs a test of its own: what it throws is a failure, and no end.

export async function test(name, code) {
    try {
        await code();

    } catch (error) {
        ok(false, name, `${error.stack}\n${JSON.stringify(error.cause ?? {})}`);
    }
}


// What an awaited call throws; undefined if nothing.

export async function thrown(promise) {
    try {
        await promise;

    } catch (error) {
        return error;
    }
}


const unescape = (text) => text
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'").replaceAll('&amp;', '&');


export class Browser {
    constructor(issuer, cookies = {}) {
        this.issuer = issuer;
        this.cookies = { ...cookies };
    }

    // Follows redirections as long as they stay on the site; returns the
    // address that leads away, or undefined.

    async go(url, init = {}) {
        for (let hops = 0; hops < 10; hops++) {
            const cookie = Object.entries(this.cookies)
                .map(([name, value]) => `${name}=${value}`).join('; ');

            const response = await fetch(url, {
                redirect: 'manual', ...init,
                headers: {
                    accept: 'text/html', cookie, origin: this.issuer,
                    'sec-fetch-site': 'same-origin',
                    'sec-fetch-mode': 'navigate', ...init.headers,
                },
            });

            for (const line of response.headers.getSetCookie()) {
                const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
                if (/max-age=0/i.test(line)) {
                    delete this.cookies[name];
                } else {
                    this.cookies[name] = value;
                }
            }

            this.status = response.status;
            this.body = await response.text();
            this.url = String(url);

            const to = response.headers.get('location')
                ?? response.headers.get('refresh')?.replace(/^0;url=/, '');

            if (to === undefined || to === null) {
                return undefined;
            }

            url = new URL(to, url);

            if (url.origin !== this.issuer) {
                return url;
            }

            init = {};
        }

        throw new Error(`redirected too often: ${url}`);
    }

    // Sends the first form that has a field or button of each of these names.

    async submit(fields) {
        const form = [...this.body.matchAll(
            /<form\b[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)]
            .find(([, , inner]) => Object.keys(fields).every(
                (name) => inner.includes(`name="${name}"`)));

        if (!form) {
            throw new Error(`no form at ${this.url} (${this.status}):\n`
                            + this.body);
        }

        const values = new URLSearchParams();

        for (const [, tag] of form[2].matchAll(/<input\b([^>]*)>/g)) {
            const name = tag.match(/\bname="([^"]*)"/)?.[1];
            if (name && !(name in fields)) {
                values.set(name, unescape(
                    tag.match(/\bvalue="([^"]*)"/)?.[1] ?? ''));
            }
        }

        for (const [name, value] of Object.entries(fields)) {
            values.set(name, value);
        }

        return this.go(new URL(unescape(form[1]), this.url), {
            method: 'POST', body: values,
        });
    }

    // From an authorization URL back to the client, by way of the log-in and
    // the consent page.

    async authorize(url) {
        let back = await this.go(url);

        if (back === undefined && /name="password"/.test(this.body)) {
            back = await this.submit({
                email: given.email, password: given.password,
            });
        }

        if (back === undefined) {
            back = await this.submit({ decision: 'accept' });
        }

        if (back === undefined) {
            throw new Error(`no way back from ${this.url} (${this.status}):\n`
                            + this.body);
        }

        return back;
    }

    async device(url) {
        await this.go(url);

        if (/name="password"/.test(this.body)) {
            await this.submit({ email: given.email,
                                password: given.password });
        }

        await this.submit({});
        await this.submit({ decision: 'accept' });

        return this.body;
    }
}
