#include "proto/digest.h"

#include <stdio.h>

void topic_digest(struct topic *ret)
{
    const struct str absent = {NULL, 0};
    topic_start(ret);
    topic_word(ret, "alert");
    topic_word(ret, "digest");
    for (int i = 0; i < 3; i++)
        topic_name(ret, absent);
}

static void emit_counts(struct emitter *em, const char *key, const struct storm_counts *c)
{
    emit_map(em, key);
    for (uint32_t i = 0; i <= STORM_NAMES; i++) {
        if (c->of[i].n == 0)
            continue;
        emit_key(em, str_of(c->of[i].name));
        emit_uint(em, NULL, c->of[i].n);
    }
    emit_end(em);
}

/* "storm control: 1200 alerts between 09:00 and 09:01 are kept but not sent one by one; …" */
static void digest_phrase(char buf[PHRASE_MAX], const struct storm_digest *d, enum lang lang)
{
    bool zh = lang == LANG_ZH;
    unsigned long long n = d->n, begun = d->state[ALERT_WARNING] + d->state[ALERT_BREACHED];
    snprintf(
        buf, PHRASE_MAX,
        zh ? "告警过多：%llu 条告警已记录但未逐条发送（其中 %llu 条触发，%llu 条结束），可查询 seq "
             "%llu–%llu"
           : "alert storm: %llu alerts are kept but were not sent one by one (%llu began or went "
             "on, %llu ended); ask for seq %llu to %llu",
        n, begun, n - begun, (unsigned long long)d->first_seq, (unsigned long long)d->last_seq);
}

void encode_digest(struct emitter *em, const char *key, const struct envelope *env,
                   const struct storm_digest *d, enum lang lang)
{
    char text[PHRASE_MAX];
    encode_begin(em, key, env);
    emit_text(em, "kind", "digest");
    emit_text(em, "severity", severity_name((enum severity)d->severity));
    emit_int(em, "from", d->from);
    emit_int(em, "to", d->to);
    emit_uint(em, "first_seq", d->first_seq);
    emit_uint(em, "last_seq", d->last_seq);
    emit_uint(em, "count", d->n);
    emit_map(em, "kinds");
    for (int i = 0; i < STORM_KINDS; i++)
        if (d->kind[i] > 0)
            emit_uint(em, alert_kind_name((enum alert_kind)i), d->kind[i]);
    emit_end(em);
    emit_map(em, "states");
    for (int i = 0; i < STORM_STATES; i++)
        if (d->state[i] > 0)
            emit_uint(em, alert_state_name((enum alert_state)i), d->state[i]);
    emit_end(em);
    emit_counts(em, "rules", &d->rules);
    emit_counts(em, "teams", &d->teams);
    digest_phrase(text, d, lang);
    emit_text(em, "text", text);
    emit_end(em);
}
