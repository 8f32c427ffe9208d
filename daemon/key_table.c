/* The table of configuration keys. */
#include "daemon/keys.h"

#include "daemon/calendars.h"
#include "daemon/policies.h"
#include "daemon/receivers.h"
#include "daemon/rules.h"
#include "daemon/scorecards.h"
#include "daemon/security.h"

#define PLACE(field) sizeof(((struct config *)0)->field), offsetof(struct config, field)
#define ON_HEAP 0, 0 /* what reads it finds the place; none that config_fixed could compare */
#define TARGET(name, row)                                                                          \
    {                                                                                              \
        "targets." name, KEY_TARGET, false, PLACE(settings.target[TARGET_##row]), 1000,            \
            400 * MS_DAY, "none", "Longer is missed, up to this is met."                           \
    }
#define LIMIT(name, most, preset, text)                                                            \
    {                                                                                              \
        "limits." #name, KEY_COUNT, true, PLACE(limits.name), 1, most, preset, text                \
    }

/* Order is the order of reading: calendars refer to the zone, policies to calendars, rules to
 * windows, scopes and scorecards. */
const struct key keys[] = {
    {"insecure", KEY_FLAG, true, PLACE(insecure), 0, 0, "false",
     "true allows TCP endpoints beyond loopback, on which anybody can send and read."},
    {"security.server_key", KEY_PAIR, true, PLACE(server_key), 0, 0, "\"\"",
     "File of our CURVE key pair (`ticketpulse keygen`), or credential:NAME of systemd. With it "
     "every TCP endpoint is encrypted and open to the clients below only; ipc:// ones are left to "
     "the permissions of their directory."},
    {"security.previous.server_key", KEY_PAIR, true, PLACE(previous_key), 0, 0, "\"\"",
     "While the server's key changes: the key pair of before, for clients that do not know the new "
     "one yet."},
    {"security.previous.endpoints", KEY_NAMED, true, PLACE(previous_endpoints), 0, CONFIG_TEXTS_MAX,
     "[]",
     "Where the key of before is asked for: TCP endpoints of sockets, as they stand there; the "
     "others ask for server_key. Status counts who still comes this way (peers.previous)."},
    {"security.clients", KEY_CLIENTS, false, ON_HEAP, 0, SECURITY_CLIENTS_MAX, "[]",
     "Who may connect, by public key. A reload takes changes over; when it takes rights away, "
     "every connection is cut and made anew."},
    {"security.publishers", KEY_PUBLISHERS, true, ON_HEAP, 0, SECURITY_PUBLISHERS_MAX, "[]",
     "Keys of publishers in sockets.events.connect, who are the servers there; to them we show "
     "the key pair of server_key."},
    {"sockets.events.bind", KEY_ENDPOINTS, true, PLACE(events_bind), 0, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5560\"]", "SUB: where platforms connect to and publish events."},
    {"sockets.events.connect", KEY_ENDPOINTS, true, PLACE(events_connect), 0, CONFIG_TEXTS_MAX,
     "[]", "SUB: publishers that we connect to."},
    {"sockets.events.topics", KEY_TOPICS, true, PLACE(events_topics), 1, CONFIG_TEXTS_MAX,
     "[ticket]", "Topic prefixes of events; \"\" takes every topic."},
    {"sockets.out", KEY_ENDPOINTS, true, PLACE(out), 1, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5570\"]", "XPUB: alerts, snapshots and heartbeats are published here."},
    {"sockets.query", KEY_ENDPOINTS, true, PLACE(query), 1, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5571\"]", "ROUTER: requests for snapshots, alerts and status."},
    {"sockets.ingest", KEY_ENDPOINTS, true, PLACE(ingest), 0, CONFIG_TEXTS_MAX,
     "[\"tcp://127.0.0.1:5561\"]",
     "ROUTER: batches of events, acknowledged when they are on disk; with a state directory only."},
    {"sockets.queries_per_second", KEY_COUNT, false, PLACE(queries_a_second), 0, 1000000, "1000",
     "Requests of one peer (of one key; without keys, of one connection) in a second; further ones "
     "are answered `busy`. 0: any number."},
    {"sockets.answers_per_second", KEY_COUNT, false, PLACE(answers_a_second), 0, 100000, "64",
     "MiB of answers to one peer in a second; more of them wait. 0: any number."},
    {"sockets.memory", KEY_COUNT, false, PLACE(sockets_memory), 0, 1000000, "1024",
     "MiB of memory beside the engine's, most of it what is kept for peers. Beyond it every "
     "connection of one socket after the other is cut, and what they sent and nobody has seen yet "
     "is "
     "gone, until it is less. 0: never."},
    {"standby", KEY_FLAG, true, PLACE(standby), 0, 0, "false",
     "true: the second of two daemons that get the same events. It counts and keeps everything and "
     "publishes nothing, until `query promote` or until the primary is gone."},
    {"primary.out", KEY_ENDPOINTS, true, PLACE(primary), 0, 4, "[]",
     "SUB: the primary's sockets.out, whose heartbeats and alerts a standby follows; the key of "
     "one "
     "beyond this machine stands in security.publishers."},
    {"primary.gone_after", KEY_DURATION, true, PLACE(primary_gone), 0, MS_DAY, "10s",
     "So long without its heartbeat (one a second), and a standby takes over; 0s: only when told."},
    {"state.dir", KEY_PATH, true, PLACE(state_dir), 0, 0, "\"\"",
     "Directory in which events and state outlive a restart; \"\" keeps nothing. It is made when "
     "its parent is there, and belongs to one daemon."},
    {"state.checkpoint_every", KEY_DURATION, false, PLACE(checkpoint_every), 100, MS_DAY, "15m",
     "How often the whole state is written beside the journal, so that a start replays little; "
     "sooner after five million entries."},
    {"state.journal_age", KEY_DURATION, true, PLACE(journal_age), MS_HOUR, 4000 * MS_DAY, "90d",
     "Entries of the journal are removed when they are older and two checkpoints cover them; see "
     "also journal_size."},
    {"state.journal_size", KEY_COUNT, true, PLACE(journal_size), 16, 10000000, "10000",
     "Likewise when journal.db is larger than so many MiB."},
    {"state.alerts_age", KEY_DURATION, true, PLACE(alerts_age), MS_HOUR, 4000 * MS_DAY, "400d",
     "How long alerts that were told stay in record.db."},
    {"state.history_minutes", KEY_DURATION, true, PLACE(history_minutes), MS_DAY, 4000 * MS_DAY,
     "7d", "How long the numbers of all and of each team stay there minute by minute."},
    {"state.history_hours", KEY_DURATION, true, PLACE(history_hours), MS_DAY, 4000 * MS_DAY, "100d",
     "How long the numbers of every scope but agent stay there hour by hour."},
    {"state.history_days", KEY_DURATION, true, PLACE(history_days), MS_DAY, 4000 * MS_DAY, "3650d",
     "How long the numbers of every scope stay there day by day."},
    {"state.record_size", KEY_COUNT, true, PLACE(record_size), 16, 10000000, "4000",
     "When record.db is larger than so many MiB, the oldest of it goes too: minutes first, then "
     "hours, days, and alerts last."},
    {"http.token_file", KEY_FILE, false, PLACE(http.token_file), 0, 0, "\"\"",
     "A file with the bearer token of all of HTTP on its first line, or credential:NAME of "
     "systemd. Needed beyond loopback; read again on a reload."},
    {"http.bind", KEY_ADDRESS, true, PLACE(http.bind), 0, 0, "127.0.0.1:9570",
     "Where metrics, the API and the wallboard are served."},
    {"http.connections", KEY_COUNT, true, PLACE(http.connections), 8, 20000, "640",
     "HTTP connections at once; when all are taken, the one idle for longest is closed, without an "
     "idle one the oldest unfinished request (a second old) of the address with most of them. "
     "Without either, further ones wait."},
    {"http.streams", KEY_COUNT, false, PLACE(http.streams), 0, 16384, "512",
     "Of those, live streams (/api/v1/stream, one for each wallboard); further ones are refused."},
    {"http.body_max", KEY_COUNT, false, PLACE(http.body_max), 1024, BATCH_BYTES_MAX, "1048576",
     "Bytes of one body that is sent to us."},
    {"http.requests_per_second", KEY_COUNT, false, PLACE(http.requests_a_second), 0, 1000000,
     "1000",
     "Requests from one address (of IPv6: one /64) in a second; further ones are answered 429. "
     "Behind a proxy all its clients share, so let the proxy limit each. 0: any number."},
    {"http.bytes_per_second", KEY_COUNT, false, PLACE(http.bytes_a_second), 0, 100000, "64",
     "MiB of bodies and answers of one address in a second; who had more is answered 429 until "
     "that "
     "is made up for, and its live streams wait. 0: any number."},
    {"http.header_deadline", KEY_DURATION, false, PLACE(http.header_deadline), 100, MS_HOUR, "10s",
     "How long the head of a request may take to arrive; then the connection is cut."},
    {"http.body_deadline", KEY_DURATION, false, PLACE(http.body_deadline), 100, MS_HOUR, "30s",
     "How long its body may take after that, and how long an answer may take to be read; a stream "
     "is cut when nothing of it was read for so long."},
    {"http.per_agent_series", KEY_FLAG, false, PLACE(http.per_agent_series), 0, 0, "false",
     "true: /metrics has series of each agent, not only of each team."},
    {"http.series_max", KEY_COUNT, false, PLACE(http.series_max), 0, 10000, "500",
     "Teams, and agents, with series of their own in /metrics (17, and one for each of "
     "`indicators`); the rest is counted."},
    {"zone", KEY_ZONE, true, PLACE(zone), 0, 0, "UTC",
     "The site's time zone (IANA name); today, week and month begin at its midnight."},
    {"week_start", KEY_WEEKDAY, true, PLACE(settings.week_start), 0, 0, "monday",
     "First day of the window `week`."},
    {"windows", KEY_WINDOWS, true, PLACE(settings.window), 1, WINDOWS_MAX,
     "[5m, 1h, 24h, 7d, 30d, today, month]",
     "Windows of every number: durations from 10s to 400d, today, week, month."},
    {"scopes", KEY_SCOPES, true, PLACE(settings.scopes), 1, SCOPE_N,
     "[all, agent, team, channel, priority, category]",
     "For what numbers are kept; all always is."},
    {"exact_samples", KEY_COUNT, true, PLACE(settings.exact_samples), 1000, 10000000, "100000",
     "Samples of one series kept one by one; a busier series is merged into time slots."},
    TARGET("first_response", FIRST_RESPONSE),
    TARGET("next_response", NEXT_RESPONSE),
    TARGET("assignee_response", ASSIGNEE_RESPONSE),
    TARGET("first_response_from_handoff", HANDOFF),
    TARGET("first_resolution", FIRST_RESOLUTION),
    TARGET("resolution", RESOLUTION),
    TARGET("requester_wait", REQUESTER_WAIT),
    TARGET("agent_work", AGENT_WORK),
    TARGET("wait", WAIT),
    TARGET("talk", TALK),
    {"lateness", KEY_DURATION, false, PLACE(settings.lateness), 0, MS_DAY, "120s",
     "How far behind its ticket's newest event an event may come and still be put in order."},
    {"skew", KEY_DURATION, false, PLACE(settings.skew), 0, MS_HOUR, "5s",
     "How far a ts may be ahead of our clock; one further ahead is set to the time of receipt."},
    {"fcr_horizon", KEY_DURATION, true, PLACE(settings.fcr_horizon), 0, 400 * MS_DAY, "72h",
     "A reopening within this time takes back the first contact resolution."},
    {"reopen_horizon", KEY_DURATION, true, PLACE(settings.reopen_horizon), 0, 400 * MS_DAY, "7d",
     "A reopening within this time counts in reopen_rate."},
    {"resolved_within", KEY_DURATION, true, PLACE(settings.resolved_within), 1000, 400 * MS_DAY,
     "24h", "The time of the indicator resolved_within."},
    {"repeat_horizon", KEY_DURATION, true, PLACE(settings.repeat_horizon), 0, 400 * MS_DAY, "7d",
     "Another ticket of the same customer and category within this time after the resolve counts "
     "in repeat_rate."},
    {"complaint_horizon", KEY_DURATION, true, PLACE(settings.complaint_horizon), 0, 400 * MS_DAY,
     "30d", "A complaint up to so long after the resolve counts in complaint_rate."},
    {"return_horizon", KEY_DURATION, true, PLACE(settings.return_horizon), 0, 400 * MS_DAY, "30d",
     "A return or rework within this time after the resolve counts in return_rate, rework_rate, "
     "and, as a reopening or repeat does, against keep_rate."},
    {"follow_up_rounds", KEY_ROUNDS, true, PLACE(settings.follow_up), 0, FOLLOW_UPS_MAX,
     "[7d, 30d, 90d]",
     "Times after the resolve: follow_up_rate is of tickets followed up within the first, "
     "follow_up_rate_2 within the second, follow_up_rate_3 within the third."},
    {"flag_over", KEY_PERCENT, false, PLACE(settings.flag_over), 0, 100, "20%",
     "A category, kind or aspect with a larger share in a mix is flagged."},
    {"short_abandon", KEY_DURATION, false, PLACE(settings.short_abandon), 0, MS_HOUR, "5s",
     "A call abandoned sooner than this after its offer is a short one and no lost call."},
    {"service_level_within", KEY_DURATION, true, PLACE(settings.service_level_within), 1, MS_HOUR,
     "20s", "A call answered within this time of its offer counts in service_level."},
    {"presence_timeout", KEY_DURATION, false, PLACE(settings.presence_timeout), 1000, 7 * MS_DAY,
     "12h", "How long an agent_state holds that no further one confirms; then he counts as gone."},
    {"remember_closed", KEY_DURATION, false, PLACE(settings.remember_closed), MS_HOUR, 400 * MS_DAY,
     "90d", "How long a closed ticket is remembered."},
    {"remember_ids", KEY_DURATION, false, PLACE(settings.remember_ids), MS_MINUTE, 30 * MS_DAY,
     "24h", "How long ids of events are remembered for sources that do not number theirs."},
    {"hold_after", KEY_DURATION, false, PLACE(settings.hold_after), 1000, MS_DAY, "60s",
     "An event that arrives so long after its ts shows that its source is behind."},
    {"hold_max", KEY_DURATION, false, PLACE(settings.hold_max), 0, MS_HOUR, "5m",
     "So long at most deadlines of tickets wait whose source is behind, from the deadline on or "
     "from when the late event came; 0s: never."},
    {"snapshot_every", KEY_DURATION, false, PLACE(snapshot_every), 100, MS_HOUR, "5s",
     "How often subscribed snapshots that changed are published."},
    {"full_every", KEY_DURATION, false, PLACE(full_every), 1000, 24 * (ms_t)MS_HOUR, "60s",
     "How often every snapshot is published, changed or not."},
    {"sources.gap_after", KEY_DURATION, false, PLACE(gap_after), 1000, MS_DAY, "30s",
     "Numbers (seq) of a source that did not come within this time raise the ops alert `gap`."},
    {"sources.silent_after", KEY_DURATION, false, PLACE(silent_after), 0, 7 * MS_DAY, "5m",
     "A source that sends heartbeats and of which nothing is heard for so long raises the ops "
     "alert "
     "`silent`. 0s: never."},
    {"sources.quiet_after", KEY_DURATION, false, PLACE(quiet_after), 0, 7 * MS_DAY, "0s",
     "Likewise of one that never sent a heartbeat: longer than its quietest night. 0s: never."},
    {"sources.lag_after", KEY_DURATION, false, PLACE(lag_after), 0, 7 * MS_DAY, "5m",
     "A source whose events are older than this when they come raises the ops alert `lag`. 0s: "
     "never."},
    {"alerts_kept", KEY_COUNT, true, PLACE(alerts_kept), 1, 1000000, "10000",
     "Published alerts kept in memory for who asks later (`query alerts`, streams, receivers); "
     "with "
     "a state directory older ones come from the record (state.alerts_age)."},
    {"alerts_per_minute", KEY_COUNT, false, PLACE(alerts_per_minute), 0, 1000000, "600",
     "Alerts of a minute that are published one by one; what is more is kept for `query alerts` "
     "and summed in one digest at the end of the minute. 0: all are published."},
    {"language", KEY_LANGUAGE, false, PLACE(language), 0, 0, "en",
     "Of the sentence in each alert."},
    {"log_level", KEY_LEVEL, false, PLACE(log_level), 0, 0, "info",
     "Least important lines that are logged."},
    LIMIT(tickets, LIMIT_TICKETS_MAX, "1100000", "Tickets remembered, open and closed."),
    LIMIT(history, (1 << 24) - 1, "8000000", "64-byte chunks of ticket history."),
    LIMIT(ticket_events, 4096, "1024", "Recent events kept of one ticket."),
    LIMIT(calls, 1 << 20, "100000", "Telephone calls remembered."),
    LIMIT(agents, LIMIT_AGENTS_MAX, "20000", "Agents; further ones are counted as (other)."),
    LIMIT(teams, LIMIT_NAMES_MAX, "2000", "Teams, likewise."),
    LIMIT(channels, LIMIT_NAMES_MAX, "200", "Channels, likewise."),
    LIMIT(priorities, LIMIT_NAMES_MAX, "100", "Priorities, likewise."),
    LIMIT(categories, LIMIT_NAMES_MAX, "5000", "Categories, likewise."),
    LIMIT(sources, LIMIT_NAMES_MAX, "256", "Event sources with a sequence memory of their own."),
    LIMIT(chunks, LIMIT_CHUNKS_MAX, "8000000", "256-byte chunks of samples in windows."),
    LIMIT(ids, (1 << 24) - 1, "1000000", "Event ids remembered of sources without seq."),
    LIMIT(alerts, 1 << 22, "100000", "Pairs of rule and name under watch."),
    {"calendars", KEY_CALENDARS, false, ON_HEAP, 0, CALENDARS_GIVEN_MAX, "[]",
     "Business hours: in their time clocks of policies run. Local times; holidays are closed all "
     "day; what passes midnight belongs to the day on which it begins."},
    {"policies", KEY_POLICIES, false, ON_HEAP, 0, POLICIES_MAX, "[]",
     "Service levels: the first policy whose match holds for a ticket is in force for it."},
    {"receivers", KEY_RECEIVERS, false, ON_HEAP, 0, RECEIVERS_MAX, "[]",
     "Where alerts are delivered to by HTTP: Alertmanagers and webhooks. What cannot be delivered "
     "is tried again until it is, as long as it is kept (alerts_kept; with a state directory "
     "state.alerts_age)."},
    {"indicators", KEY_CUSTOMS, false, PLACE(settings.customs), 0, CUSTOMS_MAX, "[]",
     "Indicators of the site's own, made of what is measured elsewhere (`measured` events: orders, "
     "cost, trainings) and of built-in counts. What they are measured by, at most 8 names, changes "
     "with a restart only."},
    {"scorecards", KEY_SCORECARDS, false, ON_HEAP, 0, SCORECARDS_MAX, "[]",
     "Weighted evaluations of agents, teams, ...: a score from 0 to 100, a grade, a rank."},
    {"rules", KEY_RULES, false, PLACE(settings.rule), 0, RULES_MAX, RULES_PRESET,
     "Threshold alerts on indicators, their trends, and scorecards. A list replaces the built-in "
     "one; [] is none. Built-in rules "
     "about a window or scope that is not kept are left out."},
};
const uint32_t keys_n = ARRAY_LEN(keys);
