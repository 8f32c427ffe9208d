/* What a failure of SQLite means for writing. */
#include "daemon/store.h"

#include <errno.h>
#include <sqlite3.h>

/* What the system said of a write that failed. SQLite forgets that (sqlite3_system_errno) before a
 * commit returns, but makes no further call. */
static enum store_result result_of_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STORE_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return STORE_READONLY;
    default:
        return STORE_BROKEN;
    }
}

enum store_result store_meaning(int rc)
{
    int error = errno;
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return STORE_FINE;
    if (rc == SQLITE_IOERR_SHMSIZE) /* how a full disk looks to the index of the WAL */
        return STORE_FULL;
    switch (rc & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
        return STORE_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return STORE_READONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_BROKEN;
    case SQLITE_IOERR: /* a sync that failed may have lost anything, whatever it says */
        return rc == SQLITE_IOERR_WRITE || rc == SQLITE_IOERR_TRUNCATE ? result_of_errno(error)
                                                                       : STORE_BROKEN;
    default:
        return STORE_BROKEN;
    }
}

enum store_result store_result_of(struct store *s, int rc)
{
    enum store_result result = store_meaning(rc); /* first: it looks at errno */
    if (result != STORE_FINE)
        store_failed(s, "cannot be written");
    if ((rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB)
        store_suspect(s);
    return result;
}
