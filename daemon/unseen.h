/* unseen.h: characters that people do not see, or that change how others around them are seen. */
#ifndef TP_DAEMON_UNSEEN_H
#define TP_DAEMON_UNSEEN_H

#include "core/base.h"

/* The first such character of well-formed UTF-8: control characters, marks that turn the direction
 * of writing, blanks without width. 0: there is none. The two joiners (U+200C, U+200D) are letters'
 * business where scripts need them: between characters beyond ASCII. UINT32_MAX: a zero byte. */
uint32_t unseen_find(struct str text);

/* How many bytes the character has that the text begins with, if nobody sees it. 0: people do, or
 * it is the inside of one. */
uint32_t unseen_at(const char *text);

/* For people: what nobody sees becomes '?', in place; joiners stay. A name can then neither turn
 * the line that it stands in around nor look like another one. Returns the length. */
uint32_t unseen_hide(char *text, uint32_t len);

#endif
