#!/usr/bin/python3
"""The wallboard in a real Chromium: it loads, follows events, comes back, filters, can be read."""
import contextlib
import tempfile
import unittest

from browser import MISSING, Browser
from daemon import FAST, Daemon, event, held_port, now_ms, port_of
from web import post

CONFIG = FAST + """
hold_max: 0s
targets: {first_response: 10m}
rules:
  - {id: any, indicator: waiting, scope: team, fire: ">= 3", clear: 0, for: 0s, severity: critical}
policies: [{id: p, first_response: 10m}]
scorecards:
  - {id: c, window: 24h, min_n: 1,
     items: [{indicator: first_response, field: mean, weight: 1, baseline: 1h, target: 1m}]}
"""
EVIL = "<img src=x onerror=alert(1)>\u202e"  # and turns the line around


def tile(word):
    return f"document.querySelector('[data-tile=tile_{word}] strong').textContent"


# Contrast of text and what is behind it, by WCAG 2: [[ratio, text]] below 4.5.
CONTRAST = r"""
function luminance(rgb) {
    const [r, g, b] = rgb.match(/[\d.]+/g).map(x => x / 255).map(
        x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(e) {
    while (e && /rgba\(.*, 0\)/.test(getComputedStyle(e).backgroundColor)) e = e.parentElement;
    return getComputedStyle(e ?? document.body).backgroundColor;
}
const bad = [];
for (const e of document.querySelectorAll("body *")) {
    const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!text || !e.checkVisibility() || e.closest(".hidden, .skip, noscript, option")) continue;
    const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))]
        .sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push([ratio.toFixed(2), e.className, e.textContent.slice(0, 40)]);
}
return bad;
"""

# Controls and drawings without a name, headings that skip a level, tables without headers.
NAMELESS = r"""
const bad = [];
for (const e of document.querySelectorAll("button, select, input, canvas, [role=img], section")) {
    const name = e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.[0]?.textContent;
    if (!name) bad.push(e.outerHTML.slice(0, 80));
}
for (const e of document.querySelectorAll("th:not([scope])")) bad.push(e.outerHTML);
if (document.querySelectorAll("h1").length !== 1 || document.querySelector("h3")) bad.push("h");
if (!document.documentElement.lang) bad.push("lang");
return bad;
"""

# What sticks out of the page, or is cut off inside a tile.
OVERFLOW = r"""
const bad = [];
if (document.documentElement.scrollWidth > innerWidth) bad.push("page");
for (const e of document.querySelectorAll(".tile strong, td.score, td.v")) {
    if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1) bad.push(e.textContent);
}
for (const e of document.querySelectorAll(".ranks td.name")) {  // a name has room for eight letters
    if (e.clientWidth < 8 * parseFloat(getComputedStyle(e).fontSize) / 2) bad.push("name");
}
return bad;
"""


GONE = "net::ERR_", "Failed to fetch"  # what the console says of a daemon that is not there


class Wallboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @contextlib.contextmanager
    def page(self, daemon, query="lang=en", allowed=()):
        """The wallboard of this daemon, left before that ends; the console must stay quiet."""
        self.browser.log()
        self.browser.open(daemon.url + "?" + query)
        yield self.browser
        said = [line["message"] for line in self.browser.log()
                if line["level"] in ("SEVERE", "WARNING") or "in vain" in line["message"]]
        self.browser.open("about:blank")
        self.browser.log()
        self.assertEqual([line for line in said if not any(a in line for a in allowed)], [])

    def feed(self, daemon, n=6):
        """Tickets of two teams, each answered but the last three; names that must be escaped."""
        now, events = now_ms(), []
        for i, team in enumerate(("billing", "售后")):
            events.append({"type": "agent_info", "agent": f"agent{i}", "name": f"Ada {i} {EVIL}",
                           "team": team, "ts": now - 900000, "src": "s", "seq": len(events) + 1})
        for i in range(n):
            team = ("billing", "售后")[i % 2]
            events.append(event("opened", f"T{i}{EVIL}", ts=now - 800000, team=team,
                                agent=f"agent{i % 2}", category=f"{EVIL}{i % 3}",
                                seq=len(events) + 1))
            if i < n - 3:
                events.append(event("message", f"T{i}{EVIL}", ts=now - 700000, by="agent",
                                    agent=f"agent{i % 2}", seq=len(events) + 1))
        got = post(daemon, events).json()
        self.assertEqual(got["rejected"], [])

    def sign_in(self, daemon, states=("available", "busy", "wrap_up", "break")):
        """Ten minutes ago, one agent for each state."""
        got = post(daemon, [{"type": "agent_state", "agent": f"Zoë {state}", "state": state,
                             "team": "billing", "ts": now_ms() - 600000, "src": "acd",
                             "seq": i + 1} for i, state in enumerate(states)]).json()
        self.assertEqual(got["accepted"], len(states), got)

    def test_ranks_are_of_one_card(self):
        """Each card has its own first place, and who has none has no place among them."""
        config = CONFIG.replace("min_n: 1,", "title: Desk, match: {agent: [ada, bob]},") + """
  - {id: d, window: 24h, match: {agent: [cyd]}, title: Shop, items: [
      {indicator: csat, weight: 1, baseline: 1, target: 5},
      {indicator: complaints, title: angry, weight: 1, deduct: 0.1,
       gate: {at: ">= 1", void: card}}]}
"""
        with Daemon(config) as daemon, self.page(daemon, "lang=en") as b:
            now, events = now_ms(), []
            for i, (agent, minutes) in enumerate((("ada", 2), ("bob", 8), ("cyd", 4), ("dan", 5))):
                events += [event("opened", f"T{i}", ts=now - 600000, agent=agent, id=f"o{i}"),
                           event("message", f"T{i}", ts=now - 600000 + minutes * 60000, by="agent",
                                 agent=agent, id=f"m{i}")]
            events += [{"type": kind, "agent": "cyd", "ts": now - 1000, "src": "s", "id": kind,
                        **more} for kind, more in (("rated", {"score": 5}), ("complained", {}))]
            self.assertEqual(post(daemon, events).json()["rejected"], [])
            rows = ("[...document.querySelectorAll('#agents tbody tr')].map(r => [...r.cells]"
                    ".slice(0, 2).map(c => c.textContent).join(' '))")
            b.wait(f"{rows}.join() === 'Desk,1 ada,2 bob,Shop, cyd,Without a scorecard, dan'")
            note = "[...document.querySelectorAll('#agents td.score')].map(c => c.title)"
            self.assertEqual(b.run(f"return {note}")[2], "unqualified · void by angry")
            self.assertEqual(b.run(OVERFLOW), [])
            self.assertEqual(b.run(CONTRAST), [])

    def test_who_is_there(self):
        """Presence comes with the first agent_state, and not before."""
        mark = ("[...document.querySelectorAll('#agents .presence')].map("
                "m => m.className.split(' ')[1] + ':' + m.getAttribute('aria-label')).sort()")
        with Daemon(CONFIG) as daemon, self.page(daemon, "lang=en") as b:
            self.feed(daemon)
            b.wait(tile("waiting") + " === '3'")
            self.assertEqual(b.run("return document.querySelectorAll("
                                   "'.presence, [data-tile=tile_occupancy]').length"), 0)
            self.sign_in(daemon)
            counts = "document.getElementById('presence').textContent"
            b.wait(f"{counts} === '· 1 available, 1 busy, 1 wrap-up, 1 break'")
            note = "document.querySelector('[data-tile=tile_occupancy] small').textContent"
            self.assertEqual(b.run(f"return {note}"), "1 of 4 available")
            b.wait(tile("occupancy") + ".startsWith('66.')")  # two of three agents' time
            self.assertEqual(b.run(f"return {mark}"), [
                "available:available · 10m", "break:on break · 10m", "busy:busy · 10m",
                "wrap_up:in wrap-up · 10m"])
            post(daemon, {"type": "agent_state", "agent": "Zoë busy", "state": "offline",
                          "ts": now_ms(), "src": "acd", "seq": 5})
            b.wait(f"{counts} === '· 1 available, 0 busy, 1 wrap-up, 1 break'")
            b.wait(f"!({mark}).some(m => m.startsWith('busy'))")
            b.run("const s = document.getElementById('team'); s.value = '售后';"
                  "s.dispatchEvent(new Event('change'))")
            b.wait(f"{counts} === '· 0 available, 0 busy, 0 wrap-up, 0 break'")

    def test_it_loads_and_follows(self):
        with Daemon(CONFIG) as daemon, self.page(daemon, "lang=en&theme=dark") as b:
            b.wait("document.getElementById('state-text').textContent === 'live'")
            b.wait(tile("waiting") + " === '0'")
            self.feed(daemon)
            b.wait(tile("waiting") + " === '3'")
            b.wait(tile("p50") + " === '1m 40s'")
            b.wait(tile("attainment") + " === '50.0%'")
            b.wait(tile("breaches") + " === '3'")
            b.wait("document.querySelectorAll('#teams tbody tr').length === 2")
            b.wait("document.querySelector('#agents td.name').textContent.includes('<img')")
            b.wait("document.querySelectorAll('#alerts > li.critical').length >= 3")
            b.wait("document.querySelector('#categories dt').textContent.includes('<img')")
            self.assertEqual(b.run("return document.querySelectorAll('img').length"), 0)
            self.assertNotIn("\u202e", b.run("return document.documentElement.outerHTML"))
            b.run("[...document.querySelectorAll('#alerts > li')].find(li => "
                  "li.textContent.includes('first response')).querySelector('summary').click()")
            b.wait("[...document.querySelectorAll('.why li')].some(li => "
                   "/agent\\d had it for /.test(li.textContent))")
            b.wait("document.querySelector('#load').getAttribute('aria-label')?.includes('open')")
            b.wait("""['load', 'speed'].every(id => {  // a dot, where there is no line yet
                const {_parsed, data} = Chart.getChart(id).getDatasetMeta(0);
                const known = _parsed.map(p => Number.isFinite(p.y));
                return known.some((k, i) => k && (known[i - 1] || known[i + 1] ||
                                                  data[i].options.radius > 0));
            })""")
            for i in range(3, 6):
                post(daemon, event("message", f"T{i}{EVIL}", by="agent", agent="agent1",
                                   seq=50 + i))
            b.wait(tile("waiting") + " === '0'")
            b.wait("document.querySelectorAll('#alerts > li.critical').length === 0")

    def test_it_comes_back_after_a_restart(self):
        held = held_port()
        self.addCleanup(held.close)
        port = port_of(held)
        with Daemon(CONFIG, port=port) as daemon, self.page(daemon, allowed=GONE) as b:
            self.feed(daemon)
            b.wait(tile("waiting") + " === '3'")
            daemon.stop()
            b.wait("document.getElementById('state-text').textContent === 'cut off'")
            b.wait("!document.getElementById('banner').hidden && "
                   "document.getElementById('banner').textContent.startsWith('Cut off since')")
            self.assertEqual(b.run("return " + tile("waiting")), "3")
            with Daemon(CONFIG, port=port) as again:
                b.wait("document.getElementById('state-text').textContent === 'live'")
                b.wait(tile("waiting") + " === '0'")
                b.wait("document.getElementById('banner').hidden")
                self.feed(again, n=4)
                b.wait(tile("waiting") + " === '3'")

    def test_filter_language_theme(self):
        with Daemon(CONFIG) as daemon, self.page(daemon, "lang=en&team=billing") as b:
            self.feed(daemon)
            b.wait(tile("waiting") + " === '1'")
            b.wait("document.querySelectorAll('#agents tbody tr').length === 1")
            b.run("const s = document.getElementById('team'); s.value = '售后';"
                  "s.dispatchEvent(new Event('change'))")
            b.wait(tile("waiting") + " === '2'")
            b.wait("new URLSearchParams(location.search).get('team') === '售后'")
            b.run("const s = document.getElementById('team'); s.value = '';"
                  "s.dispatchEvent(new Event('change'))")
            b.wait(tile("waiting") + " === '3' && !location.search.includes('team')")
            b.run("document.getElementById('lang').click()")
            b.wait("document.documentElement.lang === 'zh-CN' && "
                   "document.querySelector('#tiles h2').textContent === '等待中'")
            theme = b.run("return document.documentElement.dataset.theme")
            b.run("document.getElementById('theme').click()")
            self.assertNotEqual(b.run("return document.documentElement.dataset.theme"), theme)

    def test_it_says_that_data_is_late(self):
        with Daemon(CONFIG) as daemon, self.page(daemon) as b:
            post(daemon, event("opened", "T", ts=now_ms() - 300000, seq=1))
            b.wait("document.getElementById('banner').textContent.startsWith("
                   "'The data arrives 5m')")

    def test_a_standby_says_so(self):
        banner = "document.getElementById('banner')"
        with Daemon(CONFIG + "standby: true\n") as daemon, self.page(daemon) as b:
            b.wait(f"{banner}.textContent.startsWith('This is the standby') && !{banner}.hidden")
            b.wait("document.getElementById('state-text').textContent === 'standby'")
            self.feed(daemon)
            self.assertEqual(b.run("return " + tile("waiting")), "0")
            self.assertEqual(b.run(CONTRAST), [])
            daemon.ask(op="promote")
            b.wait(tile("waiting") + " === '3'")
            b.wait(f"!{banner}.textContent.startsWith('This is the standby')")

    def test_it_asks_for_the_token(self):
        with tempfile.NamedTemporaryFile("w", encoding="ascii") as token:
            token.write("correct-horse-battery\n")
            token.flush()
            http = f', token_file: "{token.name}"'
            with Daemon(CONFIG, http=http) as daemon, self.page(daemon, allowed=["401"]) as b:
                for text in "wrong-horse-battery", "correct-horse-battery":
                    b.wait("!document.getElementById('ask').hidden")
                    b.run("document.getElementById('token').value = arguments[0];"
                          "document.getElementById('ask').requestSubmit()", text)
                b.wait("document.getElementById('state-text').textContent === 'live'")
                b.run("sessionStorage.clear()")
                b.open("about:blank")
                b.open(daemon.url + "?lang=en#token=correct-horse-battery")
                b.wait("document.getElementById('state-text').textContent === 'live'")
                self.assertNotIn("token", b.run("return location.href"))
                b.run("sessionStorage.clear()")

    def test_everybody_can_read_it(self):
        with Daemon(CONFIG) as daemon:
            self.feed(daemon)
            self.sign_in(daemon)
            b = self.browser
            for width, height in ((1920, 1080), (1366, 768), (1280, 720), (1024, 768), (390, 844),
                                  (320, 640)):
                for theme, lang in ("dark", "zh"), ("light", "en"):
                    b.size(width, height)
                    with self.page(daemon, f"lang={lang}&theme={theme}"):
                        b.wait("document.querySelectorAll('#teams td.name').length === 2")
                        b.wait("document.querySelector('#load').getAttribute('aria-label')")
                        where = (width, theme, lang)
                        self.assertEqual(b.run(CONTRAST), [], where)
                        self.assertEqual(b.run(NAMELESS), [], where)
                        self.assertEqual(b.run(OVERFLOW), [], where)
            b.size(1600, 900)

    def test_nothing_jumps(self):
        """Layout shift while numbers change; and the keyboard reaches what can be used."""
        with Daemon(CONFIG) as daemon, self.page(daemon) as b:
            self.feed(daemon)
            b.wait(tile("waiting") + " === '3'")
            b.wait("document.getElementById('breach-count').textContent === '· 3'")
            b.run("""window.shift = [];
                new PerformanceObserver(list => list.getEntries().forEach(e => e.sources.forEach(
                    s => s.node && !(s.node.parentElement ?? s.node).closest('#alerts') &&
                        window.shift.push([e.value, s.node.nodeName, s.node.textContent,
                            (s.node.parentElement ?? s.node).outerHTML.slice(0, 400)]))
                )).observe({type: 'layout-shift'})""")
            for i in range(6, 9):
                post(daemon, event("opened", f"T{i}", team="billing", seq=100 + i))
                b.wait(tile("waiting") + f" === '{i - 2}'")
            self.assertEqual(b.run("return window.shift"), [])  # the feed alone may move
            self.assertTrue(b.run(
                "return [...document.querySelectorAll('button, select, summary, .scroll, #alerts')]"
                ".every(e => e.tabIndex >= 0)"))


if __name__ == "__main__":
    if MISSING:
        print(f"test_wallboard: skipped: {MISSING}")
    else:
        unittest.main()
