#include "daemon/cli/cast.h"

#include "daemon/cli/chance.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *id, *title;
} people[] = {
    {"ada", "Ada Novak"},       {"bela", "Béla Szabó"},
    {"wang.fang", "王芳"},      {"carla", "Carla Rossi"},
    {"dmitri", "Dmitri Orlov"}, {"li.na", "李娜"},
    {"emma", "Emma Jansen"},    {"farid", "Farid Haddad"},
    {"zhang.wei", "张伟"},      {"greta", "Greta Lindqvist"},
    {"hugo", "Hugo Fernández"}, {"liu.yang", "刘洋"},
    {"ines", "Inês Carvalho"},  {"jonas", "Jonas Weber"},
    {"chen.jing", "陈静"},      {"kira", "Kira Petrova"},
    {"liam", "Liam O'Connor"},  {"yang.min", "杨敏"},
    {"mina", "佐藤 美奈"},      {"nils", "Nils Håkansson"},
    {"zhao.lei", "赵磊"},       {"olga", "Olga Kowalska"},
    {"paul", "Paul Dubois"},    {"huang.li", "黄丽"},
    {"quinn", "Quinn Murphy"},  {"rosa", "Rosa Martínez"},
    {"zhou.jie", "周杰"},       {"sven", "Sven Müller"},
    {"tara", "Tara Singh"},     {"wu.xia", "吴霞"},
    {"uma", "Uma Rao"},         {"viktor", "Viktor Horváth"},
    {"xu.gang", "徐刚"},        {"willa", "Willa Brown"},
    {"jisu", "김지수"},         {"sun.yan", "孙燕"},
    {"yara", "Yara Costa"},     {"zoe", "Zoé Lambert"},
    {"ma.chao", "马超"},        {"theo", "Theo Papadopoulos"},
};

static const char *const team_names[] = {
    "technical", "billing",       "logistics", "售后",     "onboarding", "returns",
    "vip",       "field-service", "security",  "partners", "network",    "accounts",
};

static const struct {
    const char *name;
    uint32_t traits;
} category_names[] = {
    {"login", 0},
    {"invoice", 0},
    {"delivery", CAST_GOODS},
    {"defect", CAST_GOODS | CAST_ON_SITE},
    {"refund", CAST_GOODS},
    {"outage", CAST_ON_SITE},
    {"question", 0},
    {"setup", CAST_ON_SITE},
    {"upgrade", 0},
    {"cancel", 0},
    {"warranty", CAST_GOODS | CAST_ON_SITE},
    {"account", 0},
    {"payment", 0},
    {"complaint", CAST_GOODS},
    {"spare-part", CAST_GOODS | CAST_ON_SITE},
    {"报修", CAST_ON_SITE},
};

static bool name_set(struct cast_name *n, const char *text, uint32_t round)
{
    int len = round == 0 ? snprintf(n->text, sizeof(n->text), "%s", text)
                         : snprintf(n->text, sizeof(n->text), "%s-%u", text, round + 1);
    n->len = (uint8_t)len;
    return len > 0 && (size_t)len < sizeof(n->text);
}

bool cast_init(struct cast *c, uint32_t agents, uint32_t teams, uint32_t categories)
{
    *c = (struct cast){.agents = agents, .teams = teams, .categories = categories};
    c->agent = calloc(agents, sizeof(*c->agent));
    c->title = calloc(agents, sizeof(*c->title));
    c->team = calloc(teams, sizeof(*c->team));
    c->category = calloc(categories, sizeof(*c->category));
    c->category_sums = calloc(categories, sizeof(*c->category_sums));
    c->load = calloc(agents, sizeof(*c->load));
    if (c->agent == NULL || c->title == NULL || c->team == NULL || c->category == NULL ||
        c->category_sums == NULL || c->load == NULL) {
        cast_fini(c);
        return false;
    }
    bool fits = true;
    uint32_t n = ARRAY_LEN(people);
    for (uint32_t i = 0; i < agents; i++) {
        fits = fits && name_set(&c->agent[i], people[i % n].id, i / n);
        fits = fits && name_set(&c->title[i], people[i % n].title, i / n);
    }
    n = ARRAY_LEN(team_names);
    for (uint32_t i = 0; i < teams; i++)
        fits = fits && name_set(&c->team[i], team_names[i % n], i / n);
    n = ARRAY_LEN(category_names);
    for (uint32_t i = 0; i < categories; i++)
        fits = fits && name_set(&c->category[i], category_names[i % n].name, i / n);
    CHECK(fits);
    chance_zipf_table(c->category_sums, categories);
    return true;
}

void cast_fini(struct cast *c)
{
    free(c->agent);
    free(c->title);
    free(c->team);
    free(c->category);
    free(c->category_sums);
    free(c->load);
}

uint32_t cast_traits(uint32_t category)
{
    return category_names[category % ARRAY_LEN(category_names)].traits;
}

enum cast_skill cast_skill(uint32_t agent)
{
    uint32_t r = agent % 11;
    return r == 3 || r == 8 ? CAST_POOR : r % 4 == 1 ? CAST_GOOD : CAST_FAIR;
}
