/* Parts of a snapshot's window on the wire: ratings of aspects, and mixes. */
#include "core/event.h"
#include "proto/encode.h"

#include <stdio.h>

static void emit_aspects(struct emitter *em, const struct kpi_window *w)
{
    char key[8 + NAME_BYTES_MAX + 1];
    for (uint32_t i = 0; i < w->aspects; i++) {
        const struct kpi_aspect *a = &w->aspect[i];
        snprintf(key, sizeof key, "csat.%.*s", (int)a->name.len, a->name.p);
        emit_map(em, key);
        emit_uint(em, "n", a->n);
        emit_float(em, "mean", (double)a->sum / (double)a->n / NUMBER_ONE);
        emit_end(em);
    }
}

static void emit_mix(struct emitter *em, const char *by, const struct kpi_mix *mix)
{
    emit_map(em, by);
    emit_uint(em, "den", mix->den);
    if (mix->parts > mix->listed)
        emit_uint(em, "more", mix->parts - mix->listed);
    emit_array(em, "parts");
    for (uint32_t i = 0; i < mix->listed; i++) {
        const struct kpi_part *p = &mix->part[i];
        emit_map(em, NULL);
        emit_str(em, "name", p->name);
        emit_uint(em, "num", p->num);
        emit_float(em, "value", (double)p->num / (double)mix->den);
        if (p->flagged)
            emit_bool(em, "flagged", true);
        emit_end(em);
    }
    emit_end(em);
    emit_end(em);
}

/* Mixes of one whole stand together: the table has them so. */
static void emit_mixes(struct emitter *em, const struct kpi_window *w)
{
    const char *of = NULL;
    for (uint32_t k = 0; k < MIX_N; k++) {
        if (w->mix[k].listed == 0)
            continue;
        bool same = of != NULL && strcmp(of, mixes[k].of) == 0;
        if (of == NULL)
            emit_map(em, "mix");
        else if (!same)
            emit_end(em);
        if (!same)
            emit_map(em, mixes[k].of);
        of = mixes[k].of;
        emit_mix(em, mixes[k].by, &w->mix[k]);
    }
    if (of != NULL) {
        emit_end(em);
        emit_end(em);
    }
}

void encode_parts(struct emitter *em, const struct kpi_window *w)
{
    emit_aspects(em, w);
    emit_mixes(em, w);
}
