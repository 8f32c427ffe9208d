#include "daemon/cli/stop.h"

#include <signal.h>
#include <time.h>

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
