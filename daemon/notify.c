#include "daemon/notify.h"

#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) == 0)
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_progress(uint64_t done, uint64_t of)
{
    sd_notifyf(0, "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=replaying the journal: %llu of %llu",
               (unsigned long long)done, (unsigned long long)of);
}

void notify_status(const char *role, uint64_t events, uint32_t active_alerts, uint64_t refused)
{
    sd_notifyf(0, "STATUS=%s%llu events, %u active alerts, %llu refused", role,
               (unsigned long long)events, active_alerts, (unsigned long long)refused);
}

uint64_t notify_watchdog_ms(void)
{
    uint64_t usec = 0;
    return sd_watchdog_enabled(0, &usec) > 0 ? usec / 2000 : 0;
}

void notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}
