#include "tests/lib/anew.h"

#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, NO_FILE = -1 };

void anew_open(struct anew *a, uint64_t bytes)
{
    a->bytes = (size_t)((bytes + PAGE - 1) / PAGE * PAGE);
    a->file = memfd_create("anew", MFD_CLOEXEC);
    CHECK(bytes > 0 && a->file >= 0 && ftruncate(a->file, (off_t)a->bytes) == 0);
    a->memory =
        mmap(NULL, a->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, a->file, 0);
    CHECK(a->memory != MAP_FAILED);
}

/* The same place shows the file's pages from now on, and copies those that are written to. */
void anew_keep(struct anew *a)
{
    CHECK(a->file != NO_FILE);
    CHECK(mmap(a->memory, a->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
               a->file, 0) == a->memory);
    close(a->file);
    a->file = NO_FILE;
}

/* Drops the copies. */
void anew_back(struct anew *a)
{
    CHECK(a->file == NO_FILE);
    CHECK(madvise(a->memory, a->bytes, MADV_DONTNEED) == 0);
}

void anew_close(struct anew *a)
{
    if (a->file != NO_FILE)
        close(a->file);
    munmap(a->memory, a->bytes);
}
