#include "tests/lib/disk.h"

#include "core/base.h"

#include <sqlite3.h>
#include <stdatomic.h>

struct disk_file {
    sqlite3_file base;
    sqlite3_file *real; /* lies behind this struct */
};

static _Atomic uint64_t calls, failures, begins;
static _Atomic int what;
static sqlite3_vfs disk;

void disk_break(enum disk_fault fault, uint64_t n)
{
    atomic_store(&what, (int)fault);
    atomic_store(&calls, 0);
    atomic_store(&failures, 0);
    atomic_store(&begins, n);
}

void disk_repair(void)
{
    atomic_store(&begins, 0);
}

uint64_t disk_calls(void)
{
    return atomic_load(&calls);
}

uint64_t disk_failures(void)
{
    return atomic_load(&failures);
}

/* Is this call one that fails? */
static bool fails(bool sync)
{
    uint64_t from = atomic_load(&begins);
    if (sync != (atomic_load(&what) == DISK_SYNC))
        return false;
    uint64_t call = atomic_fetch_add(&calls, 1) + 1;
    bool now = from != 0 && call >= from;
    atomic_fetch_add(&failures, now);
    return now;
}

static int write_error(void)
{
    int fault = atomic_load(&what);
    return fault == DISK_FULL       ? SQLITE_FULL
           : fault == DISK_READONLY ? SQLITE_READONLY
                                    : SQLITE_IOERR_WRITE;
}

static sqlite3_file *real(sqlite3_file *f)
{
    return ((struct disk_file *)f)->real;
}

static int on_close(sqlite3_file *f)
{
    return real(f)->pMethods->xClose(real(f));
}

static int on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return real(f)->pMethods->xRead(real(f), p, n, at);
}

/* A write that fails leaves its first half: torn. */
static int on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (!fails(false))
        return real(f)->pMethods->xWrite(real(f), p, n, at);
    (void)real(f)->pMethods->xWrite(real(f), p, n / 2, at);
    return write_error();
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails(false) ? SQLITE_IOERR_TRUNCATE : real(f)->pMethods->xTruncate(real(f), size);
}

static int on_sync(sqlite3_file *f, int flags)
{
    return fails(true) ? SQLITE_IOERR_FSYNC : real(f)->pMethods->xSync(real(f), flags);
}

static int on_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real(f)->pMethods->xFileSize(real(f), size);
}

static int on_lock(sqlite3_file *f, int level)
{
    return real(f)->pMethods->xLock(real(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
    return real(f)->pMethods->xUnlock(real(f), level);
}

static int on_reserved(sqlite3_file *f, int *ret)
{
    return real(f)->pMethods->xCheckReservedLock(real(f), ret);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int on_sector(sqlite3_file *f)
{
    return real(f)->pMethods->xSectorSize(real(f));
}

static int on_device(sqlite3_file *f)
{
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int on_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, ret);
}

static int on_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}

static void on_shm_barrier(sqlite3_file *f)
{
    real(f)->pMethods->xShmBarrier(real(f));
}

static int on_shm_unmap(sqlite3_file *f, int remove)
{
    return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_device,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    sqlite3_vfs *below = vfs->pAppData;
    struct disk_file *file = (struct disk_file *)f;
    file->real = (sqlite3_file *)(file + 1);
    int rc = below->xOpen(below, name, file->real, flags, ret_flags);
    file->base.pMethods = file->real->pMethods != NULL ? &methods : NULL;
    return rc;
}

void disk_install(void)
{
    sqlite3_initialize();
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    if (below == &disk)
        return;
    disk = *below;
    disk.pNext = NULL;
    disk.zName = "disk";
    disk.pAppData = below;
    disk.szOsFile = (int)sizeof(struct disk_file) + below->szOsFile;
    disk.xOpen = on_open;
    int rc = sqlite3_vfs_register(&disk, 1);
    CHECK(rc == SQLITE_OK);
}
