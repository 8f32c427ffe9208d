/* sim.h: what the rounds of the simulator share. */
#ifndef TP_TESTS_SIM_H
#define TP_TESTS_SIM_H

#include <stdbool.h>
#include <stdint.h>

/* When it does not hold: says what differs, with the seed that tells it again, and ends. */
void expect(bool holds, const char *what, uint64_t a, uint64_t b);

#endif
