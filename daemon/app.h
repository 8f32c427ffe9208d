/* app.h: the daemon as a process: loop, signals, reload, the end. */
#ifndef TP_DAEMON_APP_H
#define TP_DAEMON_APP_H

/* Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. config_path NULL: the
 * built-in configuration. state_dir NULL: as the configuration says. The program's exit code: 0, or
 * 1 when it could not start, or the disk failed. */
int app_run(const char *config_path, const char *state_dir);

#endif
