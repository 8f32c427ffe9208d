#include "core/err.h"

static const char *const names[ERR_N] = {"ok",
#define ERR_WIRE(name, wire, text) wire,
                                         ERR_TABLE(ERR_WIRE)
#undef ERR_WIRE
};

static const char *const texts[ERR_N] = {"no error",
#define ERR_SENTENCE(name, wire, text) text,
                                         ERR_TABLE(ERR_SENTENCE)
#undef ERR_SENTENCE
};

static int err_index(int code)
{
    int i = code < 0 ? -code : code;
    return i < ERR_N ? i : 0;
}

const char *err_name(int code)
{
    return names[err_index(code)];
}

const char *err_text(int code)
{
    return texts[err_index(code)];
}
