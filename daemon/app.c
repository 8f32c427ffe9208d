#include "daemon/app.h"

#include "daemon/clock.h"
#include "daemon/driver.h"
#include "daemon/lint.h"
#include "daemon/notify.h"
#include "daemon/pulse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATUS_EVERY_MS = 2000 };

struct app {
    const char *config_path, *state_dir;
    struct log log;
    uv_loop_t loop;
    void *zmq;
    struct driver *driver;
    uv_signal_t terminate, interrupt, reload;
    uv_timer_t beat; /* watchdog and status */
    struct pulse pulse;
    bool stopping;
};

/* What `check` would say of it, a line each. */
static void warn(struct app *a, const struct lint *lint)
{
    for (uint32_t i = 0; i < lint->n; i++)
        log_warning(&a->log, "configuration doubtful", "%s", lint->at[i].text);
    if (lint->left_out > 0)
        log_warning(&a->log, "configuration doubtful", "%u more warnings", lint->left_out);
}

/* A configuration is too large for the stack's comfort. NULL: logged why. */
static struct config *load(struct app *a)
{
    static struct lint lint;
    struct tree_error why;
    struct config *c = malloc(sizeof *c);
    lint.now = clock_system();
    if (c != NULL && config_lint(a->config_path, c, &why, &lint)) {
        warn(a, &lint);
        if (a->state_dir == NULL || config_state(c, a->state_dir))
            return c;
        config_fini(c);
        snprintf(why.text, sizeof why.text, "the path of --state is too long");
    }
    log_error(&a->log, "configuration refused", "%s", c == NULL ? "no memory" : why.text);
    free(c);
    return NULL;
}

static void unload(struct config *c)
{
    if (c != NULL)
        config_fini(c);
    free(c);
}

/* --- reload --------------------------------------------------------------------------------- */

static void take_over(struct app *a, struct config *next)
{
    uint32_t at = 0;
    const char *key = config_fixed(&a->driver->config, next, &at);
    const char *why = NULL;
    if (key != NULL) {
        log_error(&a->log, "reload refused",
                  "%s: %s changed, which needs a restart; the old configuration stays",
                  a->config_path, key);
        return;
    }
    if (!driver_reload(a->driver, next, &why)) {
        log_error(&a->log, "reload refused", "%s: %s; the old configuration stays", a->config_path,
                  why);
        return;
    }
    a->log.level = next->log_level;
    const struct sla_setting *sla = a->driver->config.sla;
    log_info(&a->log, "reloaded", "file=%s rules=%u policies=%u", a->config_path,
             next->settings.rules, sla == NULL ? 0 : sla->policies);
}

static void on_reload(uv_signal_t *signal, int number)
{
    struct app *a = signal->data;
    (void)number;
    if (a->config_path == NULL) {
        log_warning(&a->log, "reload refused", "started without --config; nothing to read");
        return;
    }
    notify_reloading();
    struct config *next = load(a);
    if (next != NULL)
        take_over(a, next);
    unload(next);
    notify_ready();
}

/* --- life ----------------------------------------------------------------------------------- */

static void on_driver_closed(struct driver *d)
{
    struct app *a = d->data;
    uv_close((uv_handle_t *)&a->terminate, NULL);
    uv_close((uv_handle_t *)&a->interrupt, NULL);
    uv_close((uv_handle_t *)&a->reload, NULL);
    uv_close((uv_handle_t *)&a->beat, NULL);
}

/* They wait, or no longer. While we start: who replays looks whether one waits, since the loop does
 * not run. At the end, which takes less than two seconds: who asks again must not make it a crash.
 */
static void hold_signals(bool hold)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void on_stop(uv_signal_t *signal, int number)
{
    struct app *a = signal->data;
    if (a->stopping)
        return;
    a->stopping = true;
    log_info(&a->log, "stopping", "signal=%d events=%llu", number,
             (unsigned long long)a->driver->status.events);
    notify_stopping();
    hold_signals(true);
    driver_drain(a->driver);
    driver_close(a->driver, on_driver_closed);
}

static void on_beat(uv_timer_t *timer)
{
    struct app *a = timer->data;
    const struct status *s = &a->driver->status;
    uint64_t refused = 0;
    if (pulse_beats(&a->pulse, s->turns, &s->journal))
        notify_alive();
    for (int i = 0; i < ERR_N; i++)
        refused += s->rejected[i];
    const struct standby *standby = &a->driver->standby;
    notify_status(standby->on           ? "standing by: "
                  : standby->configured ? "took over: "
                                        : "",
                  s->events, outlet_active(&a->driver->outlet), refused);
}

static void watch(struct app *a)
{
    uint64_t every = notify_watchdog_ms();
    if (every == 0 || every > STATUS_EVERY_MS)
        every = STATUS_EVERY_MS;
    uv_signal_init(&a->loop, &a->terminate);
    uv_signal_init(&a->loop, &a->interrupt);
    uv_signal_init(&a->loop, &a->reload);
    uv_timer_init(&a->loop, &a->beat);
    a->terminate.data = a->interrupt.data = a->reload.data = a->beat.data = a;
    uv_signal_start(&a->terminate, on_stop, SIGTERM);
    uv_signal_start(&a->interrupt, on_stop, SIGINT);
    uv_signal_start(&a->reload, on_reload, SIGHUP);
    uv_timer_start(&a->beat, on_beat, every, every);
}

/* The exit code. */
static int run(struct app *a, struct config *config)
{
    int code = 0;
    a->driver = driver_new(config, &a->log);
    if (a->driver == NULL) {
        log_error(&a->log, "no driver", "error=\"no memory\"");
        return 1;
    }
    a->driver->data = a;
    watch(a);
    hold_signals(true);
    if (driver_open(a->driver, &a->loop, a->zmq)) {
        log_info(&a->log, "ready", "version=%s run=%s pid=%d", TP_VERSION, a->driver->bus.run,
                 (int)getpid());
        notify_ready();
        hold_signals(false);
        uv_timer_start(&a->beat, on_beat, 0, uv_timer_get_repeat(&a->beat)); /* its first figures */
    } else {
        code = driver_asked_to_end() ? 0 : 1;
        a->stopping = true;
        driver_close(a->driver, on_driver_closed);
    }
    uv_run(&a->loop, UV_RUN_DEFAULT);
    code = a->driver->broken ? 1 : code;
    driver_free(a->driver);
    return code;
}

int app_run(const char *config_path, const char *state_dir)
{
    struct app a = {.config_path = config_path, .state_dir = state_dir};
    log_init(&a.log, STDERR_FILENO, LOG_INFO);
    log_at(&a.log, clock_system());
    signal(SIGPIPE, SIG_IGN);
    struct config *config = load(&a);
    if (config == NULL)
        return 1;
    a.log.level = config->log_level;
    a.zmq = zmq_ctx_new();
    int err = a.zmq == NULL ? UV_ENOMEM : uv_loop_init(&a.loop);
    if (err != 0) {
        log_error(&a.log, "no loop", "error=\"%s\"", uv_strerror(err));
        unload(config);
        return 1;
    }
    int code = run(&a, config);
    unload(config);
    int leaked = uv_loop_close(&a.loop);
    CHECK(leaked == 0);  /* a handle nobody closed */
    zmq_ctx_term(a.zmq); /* waits for what was sent, ZSOCK_LINGER_MS at most */
    return code;
}
