/* The daemon as the page sees it: questions, and a stream that is joined again whenever it ends.
 *
 * The stream is read with fetch, not EventSource, because only that can show a token. */

let token = sessionStorage.getItem("token") ?? "";

/* A kiosk opens /#token=...; it does not stay in the address. */
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
    setToken(given);
    history.replaceState(null, "", location.pathname + location.search);
}

export function setToken(text) {
    token = text;
    sessionStorage.setItem("token", text);
}

export class Refused extends Error {}

function headers(more = {}) {
    return token ? {Authorization: "Bearer " + token, ...more} : more;
}

/* The messages that a query is answered with. */
export async function ask(path, args = {}) {
    const url = "api/v1/" + path + "?" + new URLSearchParams(args);
    const response = await fetch(url, {headers: headers(), cache: "no-store"});
    if (response.status === 401) {
        throw new Refused();
    }
    const body = await response.json();
    if (!response.ok) {
        throw new Error(body.error);
    }
    return body.answers ?? body;
}

/* A browser keeps a page that was left, and its stream with it, and has six connections to us: so the
 * stream ends with the page. One that is shown again begins anew. */
let current = null;
addEventListener("pagehide", () => current?.abort());
addEventListener("pageshow", event => event.persisted && location.reload());

/* Server-Sent Events: calls event(kind, data) for each, until the stream ends or says nothing for
 * so long that the connection must be dead. */
async function follow(url, lastId, silence, event) {
    const abort = new AbortController();
    current = abort;
    let timer = setTimeout(() => abort.abort(), silence);
    const response = await fetch(url, {
        headers: headers(lastId.value ? {"Last-Event-ID": lastId.value} : {}),
        cache: "no-store", signal: abort.signal,
    });
    if (response.status === 401) {
        clearTimeout(timer);
        throw new Refused();
    }
    if (!response.ok) {
        clearTimeout(timer);
        throw new Error("status " + response.status);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", kind = "message", data = [];
    try {
        for (;;) {
            const {value, done} = await reader.read();
            if (done) {
                return;
            }
            clearTimeout(timer);
            timer = setTimeout(() => abort.abort(), silence);
            const lines = (rest + value).split("\n");
            rest = lines.pop();
            for (const line of lines) {
                if (line === "") {
                    if (data.length > 0) {
                        event(kind, JSON.parse(data.join("\n")));
                    }
                    kind = "message";
                    data = [];
                } else if (line.startsWith("event: ")) {
                    kind = line.slice(7);
                } else if (line.startsWith("data: ")) {
                    data.push(line.slice(6));
                } else if (line.startsWith("id: ")) {
                    lastId.value = line.slice(4);
                }
            }
        }
    } finally {
        clearTimeout(timer);
        abort.abort();
    }
}

const pause = ms => new Promise(done => setTimeout(done, ms));

/* For ever. on.event(kind, data), on.cut() when it ended, on.refused() when the token is wrong:
 * then it goes on after on.refused's promise. */
export async function stay(query, on) {
    const lastId = {value: ""};
    let wait = 1000;
    for (;;) {
        try {
            await follow("api/v1/stream?" + query(), lastId, 15000, (kind, data) => {
                wait = 1000;
                on.event(kind, data);
            });
        } catch (error) {
            if (error instanceof Refused) {
                await on.refused();
                continue;
            }
        }
        on.cut();
        await pause(wait);
        wait = Math.min(wait * 1.6, 10000);
    }
}
