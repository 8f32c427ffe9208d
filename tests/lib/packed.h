/* packed.h: how much of a log is packed, for tests that must reach it. */
#ifndef TP_TESTS_PACKED_H
#define TP_TESTS_PACKED_H

#include "core/window.h"

uint32_t packed_chunks(const struct windows *ws, const struct window_log *log);

#endif
