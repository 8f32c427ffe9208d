/* assets.h: the files of the wallboard, which the build puts into the program. */
#ifndef TP_DAEMON_WEB_ASSETS_H
#define TP_DAEMON_WEB_ASSETS_H

#include "core/base.h"

struct asset {
    const char *path, *type; /* "/board.css", "text/css; charset=utf-8" */
    const char *tag;         /* of its content, for If-None-Match */
    struct str bytes;
};

extern const struct asset assets[];
extern const size_t assets_n;

#endif
