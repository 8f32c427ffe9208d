#include "daemon/scoreboard.h"

#include <stdlib.h>

static const struct score_place nowhere = {.total = -1, .told_total = -1};

static bool is_first(const struct scorecards *cards, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(cards->card[k].id, cards->card[i].id) == 0)
            return false;
    return true;
}

bool scoreboard_init(struct scoreboard *b, struct engine *engine, const struct scorecards *cards)
{
    uint32_t n = cards == NULL ? 0 : cards->cards;
    *b = (struct scoreboard){.engine = engine, .cards = cards};
    b->family = n == 0 ? NULL : calloc(n, sizeof *b->family);
    if (n > 0 && b->family == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (is_first(cards, i))
            b->family[b->families++].card = &cards->card[i];
    return true;
}

void scoreboard_fini(struct scoreboard *b)
{
    for (uint32_t f = 0; f < b->families; f++)
        free(b->family[f].place);
    free(b->family);
    *b = (struct scoreboard){0};
}

/* Its place, made if need be; NULL: no memory. */
static struct score_place *place_of(struct score_family *f, uint32_t index)
{
    if (index < f->places)
        return &f->place[index];
    uint32_t n = f->places == 0 ? 64 : f->places;
    while (n <= index)
        n *= 2;
    struct score_place *place = realloc(f->place, n * sizeof *place);
    if (place == NULL)
        return NULL;
    for (uint32_t i = f->places; i < n; i++)
        place[i] = nowhere;
    f->place = place;
    f->places = n;
    return &place[index];
}

static bool is_placed(const struct score_place *p)
{
    return p->total >= 0 && !p->voided;
}

static uint32_t place_in(const struct score_family *f, const struct score_place *p)
{
    return is_placed(p) ? ranks_place(&f->ranks, p->total) : 0;
}

static void move(struct score_family *f, struct score_place *p, const struct score *score)
{
    if (is_placed(p))
        ranks_remove(&f->ranks, p->total);
    p->total = score != NULL && score->scored ? (int16_t)score->total : -1;
    p->grade = score != NULL ? score->grade : 0;
    p->voided = score != NULL && score->voided;
    if (is_placed(p))
        ranks_add(&f->ranks, p->total);
}

bool scoreboard_update(struct scoreboard *b, uint32_t family, uint32_t index,
                       const struct scorecard **ret_card, struct score *ret)
{
    CHECK(family < b->families);
    struct score_family *f = &b->family[family];
    struct score_place *p = engine_at(b->engine) == MS_NONE ? NULL : place_of(f, index);
    if (p == NULL)
        return false;
    if (!engine_score(b->engine, b->cards, f->card, index, ret_card, ret)) {
        move(f, p, NULL);
        return false;
    }
    move(f, p, ret);
    return true;
}

uint32_t scoreboard_place(const struct scoreboard *b, uint32_t family, uint32_t index)
{
    CHECK(family < b->families);
    const struct score_family *f = &b->family[family];
    return index < f->places ? place_in(f, &f->place[index]) : 0;
}

bool scoreboard_scored(const struct scoreboard *b, uint32_t family, uint32_t index)
{
    CHECK(family < b->families);
    const struct score_family *f = &b->family[family];
    return index < f->places && f->place[index].total >= 0;
}

bool scoreboard_news(const struct scoreboard *b, uint32_t family, uint32_t index)
{
    CHECK(family < b->families);
    const struct score_family *f = &b->family[family];
    if (index >= f->places)
        return false;
    const struct score_place *p = &f->place[index];
    if (p->total < 0 || p->told_total < 0)
        return p->total != p->told_total;
    return p->grade != p->told_grade || abs(p->total - p->told_total) >= SCORE_NEWS ||
           place_in(f, p) != p->told_place;
}

void scoreboard_told(struct scoreboard *b, uint32_t family, uint32_t index)
{
    struct score_place *p = place_of(&b->family[family], index);
    if (p == NULL)
        return;
    p->told_total = p->total;
    p->told_grade = p->grade;
    p->told_place = scoreboard_place(b, family, index);
}
