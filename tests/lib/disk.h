/* disk.h: a disk for SQLite that fails when it is told to: a VFS over the real one.
 *
 * Counts what would change the disk (writes, truncations, syncs); the one with a given number, and
 * all after it, fail until disk_repair. Safe from several threads. */
#ifndef TP_TESTS_DISK_H
#define TP_TESTS_DISK_H

#include <stdint.h>

enum disk_fault {
    DISK_FULL,     /* writes end with "no room", syncs are fine */
    DISK_READONLY, /* writes are refused */
    DISK_WRITE,    /* writes fail */
    DISK_SYNC,     /* syncs fail */
};

/* Every database opened from now on lies on this disk. */
void disk_install(void);

/* The n-th such call from now (1 = the next) and those after it fail. */
void disk_break(enum disk_fault fault, uint64_t n);
void disk_repair(void);

/* Calls that could have failed since disk_break; how many did. */
uint64_t disk_calls(void);
uint64_t disk_failures(void);

#endif
