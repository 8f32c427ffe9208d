#include "daemon/cli/stop.h"

#include "daemon/cli/words.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

static void on_signal(int signal_number)
{
    (void)signal_number;
    asked = 1;
}

void stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0);
}

bool stop_asked(void)
{
    return asked != 0;
}

void stop_wait(ms_t ms)
{
    struct timespec t = {ms / MS_SECOND, ms % MS_SECOND * 1000000};
    if (ms > 0 && !stop_asked())
        nanosleep(&t, NULL);
}

/* Asked of the pipe itself: errno may be of a write long ago. */
static bool reader_is_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

bool stdout_flushed(void)
{
    static bool said;
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) == 0 && !failed)
        return true;
    int error = errno;
    if (reader_is_gone()) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    if (!said)
        word_error(W_E_WRITE, "-", strerror(error), NULL);
    said = true;
    return false;
}
